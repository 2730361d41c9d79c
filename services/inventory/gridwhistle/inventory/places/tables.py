"""What is stored of shelters, of each time that one was open, and of support points."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, Double, ForeignKey, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSON

from gridwhistle.common.editions import grids_in
from gridwhistle.common.personal import PersonName, Phone, SealedText
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC, sealed
from gridwhistle.common.tables import code, emergency_session, moment, newest_first, place, root, word
from gridwhistle.inventory.places.domain import ShelterKind, ShelterLevel, Space, SupportKind
from gridwhistle.inventory.places.shelter_states import OCCUPIED, SHELTER, SUPPORT_POINT
from gridwhistle.inventory.tables import known_grid_editions, known_grids, metadata

_REACHED_BY: Final = frozenset({"inventory_manager", "emergency_commander", "shelter_manager"})
_TO_REACH: Final = Term("应急时联系场所负责人", "to reach who answers for a place in an emergency")
_TO_PROVE: Final = Term("证明纸质名单已当面销毁", "to prove before whom paper lists were destroyed")
GRIDS: Final = grids_in(known_grids, known_grid_editions)
"""The grids that personnel told of, as one index for points; a second old at most."""

shelters = Table(
    "shelter",
    metadata,
    *root(),
    *place(grid=False),
    *emergency_session(),
    code("code"),
    Column("name", Text, nullable=False, info=PUBLIC),
    *word("level", ShelterLevel),
    *word("kind", ShelterKind),
    *word("space", Space),
    *word("state", SHELTER.states),
    Column("area_m2", Double, info=PUBLIC),
    Column("dm2_per_person", Integer),  # the rule as it was when the capacity was computed
    Column("capacity", Integer, info=PUBLIC),
    Column("capacity_declared", Integer),  # what a register said; nothing follows from it
    Column("services", JSON, nullable=False, info=PUBLIC),
    Column("address", Text, nullable=False, info=PUBLIC),
    Column("route", Text, info=PUBLIC),
    Column("lon", Double, nullable=False, info=PUBLIC),
    Column("lat", Double, nullable=False, info=PUBLIC),
    Column("coord_sys", Text, nullable=False),
    *sealed("director_name", PersonName, to=_REACHED_BY, basis="statutory_duty", purpose=_TO_REACH),
    *sealed("director_phone", Phone, to=_REACHED_BY, basis="statutory_duty", purpose=_TO_REACH),
    Column("people", Integer, nullable=False),
    Column("opening_id", Uuid),
    Column("response_id", Uuid),
    Column("registered_by", Text, nullable=False),
    moment("registered_at", nullable=False),
    moment("accepted_at"),
    moment("terminal_at"),
    CheckConstraint("code ~ '^[A-Za-z0-9][A-Za-z0-9-]{0,39}$'", name="code_is_short"),
    CheckConstraint("area_m2 > 0", name="has_some_area"),
    CheckConstraint("(capacity IS NULL) = (area_m2 IS NULL)", name="capacity_iff_area"),
    CheckConstraint("(capacity IS NULL) = (dm2_per_person IS NULL)", name="capacity_iff_rule"),
    CheckConstraint("capacity > 0 OR state IN ('planned', 'retired')", name="holds_somebody_once_accepted"),
    CheckConstraint("people >= 0", name="people_not_negative"),
    CheckConstraint(f"people = 0 OR state IN {OCCUPIED}", name="people_only_while_occupied"),
    CheckConstraint(f"(opening_id IS NOT NULL) = (state IN {OCCUPIED})", name="opening_iff_occupied"),
    CheckConstraint("(state = 'full') <= (people >= capacity)", name="full_only_when_it_is"),
    CheckConstraint("(terminal_at IS NOT NULL) = (state = 'retired')", name="terminal_at_iff_retired"),
    CheckConstraint("lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90", name="lies_on_the_globe"),
    info={"thing": SHELTER.thing, "kept": Kept("r2", since="terminal_at"), "machine": SHELTER},
)
Index(
    "shelter_code_once",
    shelters.c.county_code,
    shelters.c.code,
    unique=True,
    postgresql_where=shelters.c.terminal_at.is_(None),
)
# A child of its shelter: one time that it was open. Numbers alone; names are on paper, and the paper goes.
openings = Table(
    "opening",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("shelter_id", Uuid, ForeignKey(shelters.c.id), nullable=False, index=True),
    Column("response_id", Uuid),
    Column("emergency_session_id", Uuid),
    moment("opened_at", nullable=False),
    moment("closed_at"),
    moment("restored_at"),
    Column("route", Text, nullable=False, info=PUBLIC),
    *(Column(name, Integer, nullable=False) for name in ("total", "elderly", "children", "disabled", "sick")),
    Column("most", Integer, nullable=False),
    Column("arrived", Integer, nullable=False),
    Column("needs", JSON, nullable=False),
    moment("counted_at", nullable=False),
    Column("lists_destroyed", Integer),
    Column("destroyed_by", Text),
    # Somebody writes down who it was, and may write anything: so it is nobody's to read without a reason.
    *sealed("witnessed_by", SealedText, to=_REACHED_BY, basis="statutory_duty", purpose=_TO_PROVE),
    CheckConstraint("least(elderly, children, disabled, sick) >= 0", name="groups_not_negative"),
    CheckConstraint("greatest(elderly, children, disabled, sick) <= total", name="groups_are_part_of_the_total"),
    CheckConstraint("most >= total", name="most_is_the_most"),
    CheckConstraint("restored_at IS NULL OR (closed_at IS NOT NULL AND total = 0)", name="restored_when_empty"),
    CheckConstraint("(restored_at IS NOT NULL) = (lists_destroyed IS NOT NULL)", name="lists_are_gone_when_restored"),
    CheckConstraint("coalesce(lists_destroyed, 0) = 0 OR destroyed_by IS NOT NULL", name="somebody_destroyed_lists"),
    info={"thing": Term("开放记录", "opening")},
)
support_points = Table(
    "support_point",
    metadata,
    *root(),
    *place(grid=False),
    *emergency_session(),
    Column("name", Text, nullable=False, info=PUBLIC),
    *word("kind", SupportKind),
    *word("state", SUPPORT_POINT.states),
    Column("capacity", Integer, nullable=False, info=PUBLIC),
    Column("fuel_hours", Integer),
    Column("address", Text, nullable=False, info=PUBLIC),
    Column("lon", Double, nullable=False, info=PUBLIC),
    Column("lat", Double, nullable=False, info=PUBLIC),
    Column("coord_sys", Text, nullable=False),
    *sealed("contact_name", PersonName, to=_REACHED_BY, basis="statutory_duty", purpose=_TO_REACH),
    *sealed("contact_phone", Phone, to=_REACHED_BY, basis="statutory_duty", purpose=_TO_REACH),
    moment("added_at", nullable=False),
    moment("terminal_at"),
    CheckConstraint("capacity > 0", name="has_something_to_give"),
    CheckConstraint("fuel_hours IS NULL OR kind = 'power'", name="fuel_only_of_power"),
    CheckConstraint("fuel_hours >= 0", name="fuel_not_negative"),
    CheckConstraint("(terminal_at IS NOT NULL) = (state = 'withdrawn')", name="terminal_at_iff_withdrawn"),
    CheckConstraint("lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90", name="lies_on_the_globe"),
    info={"thing": SUPPORT_POINT.thing, "kept": Kept("r2", since="terminal_at"), "machine": SUPPORT_POINT},
)
for _table in (shelters, support_points):
    newest_first(_table, _table.c.id)
    Index(f"{_table.name}_point", _table.c.lat, _table.c.lon)
