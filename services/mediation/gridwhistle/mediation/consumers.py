"""What mediation does when others speak."""

from typing import Final

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.events.mediation import MediationSessionPurged  # noqa: F401  told when a session is over

CONSUMER: Final = Consumer("mediation")
