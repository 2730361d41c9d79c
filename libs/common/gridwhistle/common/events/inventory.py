"""What the inventory service (应急) tells that concerns every service: an emergency session is over."""

from gridwhistle.common.data_classes import Count, Instant
from gridwhistle.common.events import Event
from gridwhistle.common.events.timebank_orders import ServiceCode


class MobilizationOrdered(Event, type="gw.inventory.mobilization.ordered.v1"):
    """Hands are called for in an emergency (应急动员), in the area of the event: people who are of age, and insured."""

    service_code: ServiceCode
    people_needed: Count
    start_at: Instant
    end_at: Instant


class SessionPurgeDue(Event, type="gw.inventory.session.purge_due.v1"):
    """A response was lifted, and the time for review is over: what is personal and was kept for it has to go."""

    lifted_at: Instant


class SessionPurged(Event):
    """A service has taken away what was personal in a session; counts alone. Each service has its own kind."""

    rows: Count
    certificates: Count


class InventorySessionPurged(SessionPurged, type="gw.inventory.session.purged.v1"):
    """What was personal in an emergency session is gone from this service; counts alone remain."""
