"""What the time bank does when others speak: nothing yet."""

from typing import Final

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.events.timebank import TimebankSessionPurged  # noqa: F401  told when a session is over

CONSUMER: Final = Consumer("timebank")
