"""What the inventory service (应急) tells that concerns every service: an emergency session is over."""

from typing import Annotated, Final

from pydantic import AwareDatetime, Field
from pydantic.config import JsonDict

from gridwhistle.common.events import Event
from gridwhistle.common.personal import DataClass

_WORK: Final[JsonDict] = {"x-data-class": DataClass.P1.value}
_Count = Annotated[int, Field(ge=0, le=2**31 - 1, json_schema_extra=_WORK)]


class SessionPurgeDue(Event, type="gw.inventory.session.purge_due.v1"):
    """A response was lifted, and the time for review is over: what is personal and was kept for it has to go."""

    lifted_at: Annotated[AwareDatetime, Field(json_schema_extra=_WORK)]


class SessionPurged(Event):
    """A service has taken away what was personal in a session; counts alone. Each service has its own kind."""

    rows: _Count
    certificates: _Count
