"""What every service tells of its audit: the head of its chain, so that somebody else knows it too."""

from functools import cache
from types import new_class
from typing import Annotated

from pydantic import Field

from gridwhistle.common.data_classes import P1, Count
from gridwhistle.common.events import Event


class AuditSealed(Event):
    """The audit of the service is sealed up to this number; `hash` is that seal's, and stands for every seal before it."""

    number: Count
    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["0" * 64]), P1]


@cache
def audit_sealed(service: str) -> type[AuditSealed]:
    """Return the event with which a service tells the head of its chain; each service tells in its own stream."""
    kind = new_class(
        f"{service.title()}AuditSealed",
        (AuditSealed,),
        {"type": f"gw.{service}.audit.sealed.v1"},
        lambda body: body.update(__doc__=AuditSealed.__doc__, __module__=__name__),
    )
    assert issubclass(kind, AuditSealed)
    return kind
