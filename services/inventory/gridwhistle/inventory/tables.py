"""The one description of what the service stores; each folder adds its own tables, and here is what others told us."""

from typing import Final

from sqlalchemy import Column, Index, Integer, MetaData, Numeric, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSON

from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC
from gridwhistle.common.tables import NAMING, code, copy, moment, place

metadata: Final = MetaData(naming_convention=NAMING)
QUANTITY: Final = Numeric(18, 3)
"""Of whatever unit a type is counted in; exact."""
known_grids: Final = copy(
    "known_grid",
    metadata,
    *place(grid=True),
    Column("name", Text, nullable=False, info=PUBLIC),
    Column("boundary", JSON, nullable=False),
    Column("state", Text),
    Column("edition", Integer),
    Index(None, "grid_code"),
    thing=Term("网格", "grid"),
    kept=Kept("r8"),
)
known_grid_editions: Final = copy(
    "known_grid_edition",
    metadata,
    Column("aggregate_id", Uuid, nullable=False),  # the grid's
    code("grid_code"),
    Column("edition", Integer, nullable=False),
    Column("boundary", JSON, nullable=False),
    moment("valid_from"),
    moment("valid_to"),
    UniqueConstraint("aggregate_id", "edition"),
    thing=Term("网格版本", "grid edition"),
    kept=Kept("r8"),
)
