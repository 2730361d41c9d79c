"""A running service, as its routes and its loops meet it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nats.aio.client import Client

from gridwhistle.common.again import Away
from gridwhistle.common.database import Database
from gridwhistle.common.logs import told_safely
from gridwhistle.common.problems import Busy
from gridwhistle.common.tokens import Tokens

log = logging.getLogger(__name__)
_BREATH_S: Final = 5.0


@dataclass(frozen=True)
class Running:
    """What a service has while it runs; its application carries it as `state.service`."""

    database: Database
    tokens: Tokens
    nats: Client
    name: str = ""
    development: bool = False
    anchors_file: Path | None = None


Loop = Callable[[Running], Awaitable[None]]
"""What a service does in the background, over and over, until it is cancelled."""


async def keep_up(loop: Loop, service: Running) -> None:
    """Run a loop until cancelled; whatever ends it, it begins anew a few seconds later."""
    while True:
        try:
            await loop(service)
        except (Away, Busy) as later:
            log.info("%s of %s waits: %s", loop.__name__, service.name, type(later).__name__)
        except Exception as error:  # noqa: BLE001  a mistake of ours: the next round may find it mended
            log.error("%s of %s made a mistake and begins anew: %s", loop.__name__, service.name, told_safely(error))  # noqa: TRY400
        await asyncio.sleep(_BREATH_S)
