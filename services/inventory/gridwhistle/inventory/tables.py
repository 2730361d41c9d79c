"""The one description of what the service stores; each folder adds its own tables, and here is what others told us."""

from typing import Final

from sqlalchemy import MetaData, Numeric

from gridwhistle.common.editions import grid_copies
from gridwhistle.common.tables import NAMING

metadata: Final = MetaData(naming_convention=NAMING)
QUANTITY: Final = Numeric(18, 3)
"""Of whatever unit a type is counted in; exact."""
known_grids, known_grid_editions = grid_copies(metadata)
