"""What the inventory service (应急) tells that concerns every service: an emergency session is over."""

import datetime as dt
from typing import Annotated

from pydantic import Field

from gridwhistle.common.events import Event

_Count = Annotated[int, Field(ge=0, le=2**31 - 1)]


class SessionPurgeDue(Event, type="gw.inventory.session.purge_due.v1"):
    """A response was lifted, and the time for review is over: what is personal and was kept for it has to go."""

    lifted_at: dt.datetime


class SessionPurged(Event):
    """A service has taken away what was personal in a session; counts alone. Each service has its own kind."""

    rows: _Count
    certificates: _Count
