"""What the personnel service does when others speak: nothing yet, since assessment is what will listen to incidents."""

from typing import Final

from gridwhistle.common.consumers import Consumer

CONSUMER: Final = Consumer("personnel")
