"""What the inventory service (应急) tells that concerns every service: an emergency session is over."""

from gridwhistle.common.data_classes import Count, Instant
from gridwhistle.common.events import Event


class SessionPurgeDue(Event, type="gw.inventory.session.purge_due.v1"):
    """A response was lifted, and the time for review is over: what is personal and was kept for it has to go."""

    lifted_at: Instant


class SessionPurged(Event):
    """A service has taken away what was personal in a session; counts alone. Each service has its own kind."""

    rows: Count
    certificates: Count
