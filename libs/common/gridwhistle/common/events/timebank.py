"""What the time bank tells: what was posted, never whose it is."""

from gridwhistle.common.events.inventory import SessionPurged


class TimebankSessionPurged(SessionPurged, type="gw.timebank.session.purged.v1"):
    """What was personal in an emergency session is gone from this service; counts alone remain."""
