"""What the catalogue and the stores are in the database."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Double,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC
from gridwhistle.common.tables import code, moment, newest_first, place, root, word
from gridwhistle.inventory.stock.domain import PointLevel, ReserveMode, StockLevel
from gridwhistle.inventory.tables import QUANTITY, metadata

# What the standard names has no area, and holds in every county; the rest is the county's own.
resource_types: Final = Table(
    "resource_type",
    metadata,
    *root(numbered=False),
    *place(),
    code("code"),
    code("parent_code", nullable=True),
    Column("name", Text, nullable=False, info=PUBLIC),
    Column("unit", Text, nullable=False, info=PUBLIC),
    Column("is_local", Boolean, nullable=False),
    Column("shelf_life_days", Integer),
    Column("is_hazardous", Boolean, nullable=False),
    Column("temperature_min_c", SmallInteger),
    # What one kit for `kit_persons` people holds; a day's, or of the whole stay.
    Column("kit_qty", QUANTITY),
    Column("kit_persons", Integer),
    Column("is_daily", Boolean, nullable=False),
    Column("source_ref", Text),
    moment("withdrawn_at"),
    UniqueConstraint("county_code", "code"),
    CheckConstraint("code ~ '^[123]([0-9]{2}){3}$'", name="code_is_of_the_standard"),
    CheckConstraint("(parent_code IS NULL) = (code LIKE '_000000')", name="parent_iff_below_a_class"),
    CheckConstraint("(kit_qty IS NULL) = (kit_persons IS NULL)", name="kit_is_of_persons"),
    CheckConstraint("kit_qty > 0 AND kit_persons > 0", name="kit_holds_something"),
    CheckConstraint("shelf_life_days > 0", name="lasts_a_day"),
    info={"thing": Term("物资类型", "resource type"), "kept": Kept("r8")},
)

storage_points: Final = Table(
    "storage_point",
    metadata,
    *root(numbered=False),
    *place(),
    Column("name", Text, nullable=False, info=PUBLIC),
    *word("level", PointLevel),
    *word("mode", ReserveMode),
    Column("agreement_no", Text),
    Column("area_m2", Integer),
    Column("address", Text, info=PUBLIC),
    Column("lon", Double, info=PUBLIC),
    Column("lat", Double, info=PUBLIC),
    moment("closed_at"),
    CheckConstraint("(agreement_no IS NOT NULL) = (mode <> 'real')", name="agreement_iff_promised"),
    CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="point_is_whole"),
    CheckConstraint("area_m2 > 0", name="has_room"),
    info={"thing": Term("储备点", "storage point"), "kept": Kept("r8")},
)
newest_first(storage_points, storage_points.c.id)

# How much of a type an area should have (储备标准). `level` is what was found last, and told when it got worse.
norms: Final = Table(
    "reserve_norm",
    metadata,
    *root(),
    *place(),
    Column("type_id", Uuid, nullable=False),
    code("type_code"),
    Column("persons", Integer),
    Column("per_person", QUANTITY),
    Column("factor", QUANTITY),
    Column("required_qty", QUANTITY, nullable=False),
    Column("most_qty", QUANTITY),
    Column("free_qty", QUANTITY, nullable=False),
    Column("missing_qty", QUANTITY, Computed("greatest(required_qty - free_qty, 0)", persisted=True)),
    *word("level", StockLevel),
    Column("source_ref", Text, nullable=False),
    moment("looked_at"),
    moment("withdrawn_at"),
    CheckConstraint("(persons IS NULL) = (per_person IS NULL) AND (persons IS NULL) = (factor IS NULL)", name="sum_is_whole"),
    CheckConstraint("required_qty > 0 AND most_qty >= required_qty", name="most_is_not_less"),
    info={"thing": Term("储备标准", "reserve norm"), "kept": Kept("r8")},
)
Index("reserve_norm_once", norms.c.area_code, norms.c.type_id, unique=True, postgresql_where=norms.c.withdrawn_at.is_(None))
Index("reserve_norm_type_id", norms.c.type_id)
newest_first(norms, norms.c.id)
