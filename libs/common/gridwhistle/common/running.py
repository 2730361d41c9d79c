"""A running service, as its routes meet it."""

from dataclasses import dataclass

from nats.aio.client import Client

from gridwhistle.common.database import Database
from gridwhistle.common.tokens import Tokens


@dataclass(frozen=True)
class Running:
    """What a service has while it runs; its application carries it as `state.service`."""

    database: Database
    tokens: Tokens
    nats: Client
