"""Counties for tests that need one to themselves: each code is handed out once, and no test writes such a code itself."""

import itertools
from typing import Final

_CODES: Final = itertools.count(995_001)


def a_county() -> str:
    """Return the code of a county that no other test uses."""
    return str(next(_CODES))
