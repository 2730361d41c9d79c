"""What is stored of emergency teams and their members, of mobilisations, and of social organisations."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSON

from gridwhistle.common.personal import PersonName, Phone
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import PUBLIC, sealed
from gridwhistle.common.tables import code, emergency_session, moment, newest_first, place, root, word
from gridwhistle.inventory.tables import metadata
from gridwhistle.inventory.teams.domain import OFFICE_HEARS, TeamKind, TeamLevel
from gridwhistle.inventory.teams.team_states import MOBILIZED_TEAM, RESPONSE_TEAM, SOCIAL_ORGANISATION

_REACHED_BY: Final = frozenset({"inventory_manager", "emergency_commander"})

response_teams = Table(
    "response_team",
    metadata,
    *root(),
    *place(),
    *emergency_session(),
    Column("name", Text, nullable=False, info=PUBLIC),
    *word("kind", TeamKind),
    *word("level", TeamLevel),
    *word("state", RESPONSE_TEAM.states),
    Column("skills", JSON, nullable=False),
    Column("leader_id", Text, nullable=False),  # the subject of their tokens
    Column("ready_minutes", Integer, nullable=False),
    Column("lon", Double),
    Column("lat", Double),
    Column("size", Integer, nullable=False),
    Column("mobilization_id", Uuid),
    moment("enrolled_at", nullable=False),
    moment("terminal_at"),
    CheckConstraint("size >= 0", name="size_not_negative"),
    CheckConstraint("ready_minutes BETWEEN 0 AND 10080", name="is_ready_within_a_week"),
    CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="lon_iff_lat"),
    CheckConstraint("(mobilization_id IS NOT NULL) = (state = 'mobilized')", name="mobilization_iff_mobilized"),
    CheckConstraint("(terminal_at IS NOT NULL) = (state = 'disbanded')", name="terminal_at_iff_disbanded"),
    info={"thing": RESPONSE_TEAM.thing, "kept": Kept("r2", since="terminal_at"), "machine": RESPONSE_TEAM},
)
# A child of its team.
response_members = Table(
    "response_member",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("team_id", Uuid, ForeignKey(response_teams.c.id), nullable=False, index=True),
    *sealed("name", PersonName, to=_REACHED_BY, basis="statutory_duty", purpose=OFFICE_HEARS),
    *sealed("phone", Phone, to=_REACHED_BY, basis="statutory_duty", purpose=OFFICE_HEARS),
    Column("training", JSON, nullable=False),
    Column("is_adult", Boolean, nullable=False),
    Column("insured_until", Date),
    moment("joined_at", nullable=False),
    moment("left_at"),
    CheckConstraint("is_adult", name="is_of_age"),
    info={"thing": Term("队员", "member"), "plural": "members"},
)
mobilizations = Table(
    "mobilization",
    metadata,
    *root(),
    *place(),
    Column("response_id", Uuid),
    Column("level", SmallInteger, nullable=False),
    Column("meeting_place", Text, nullable=False),
    Column("lon", Double),
    Column("lat", Double),
    code("service_code", nullable=True),
    Column("volunteers_needed", Integer, nullable=False),
    moment("assemble_at", nullable=False),
    moment("ends_at", nullable=False),
    moment("ordered_at", nullable=False),
    Column("ordered_by", Text, nullable=False),
    Column("teams", Integer, nullable=False),
    Column("teams_out", Integer, nullable=False),  # called, and not released yet
    moment("ended_at"),
    CheckConstraint("level BETWEEN 1 AND 4", name="level_is_one_to_four"),
    CheckConstraint("ends_at > assemble_at", name="ends_after_it_begins"),
    CheckConstraint("volunteers_needed = 0 OR service_code IS NOT NULL", name="volunteers_have_something_to_do"),
    CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="lon_iff_lat"),
    CheckConstraint("teams_out BETWEEN 0 AND teams", name="no_more_out_than_called"),
    CheckConstraint("(ended_at IS NOT NULL) = (teams_out = 0)", name="ended_when_all_are_released"),
    info={"thing": Term("动员", "mobilisation"), "kept": Kept("r2", since="ended_at")},
)
# A team's part in a mobilisation. A root of its own, since it has a clock; whoever changes it holds the team as well.
mobilized_teams = Table(
    "mobilized_team",
    metadata,
    *root(),
    *place(),
    Column("mobilization_id", Uuid, nullable=False),
    Column("team_id", Uuid, nullable=False),
    Column("leader_id", Text, nullable=False),
    *word("state", MOBILIZED_TEAM.states),
    Column("fit", Integer, nullable=False),  # adults who are insured to the end
    moment("ordered_at", nullable=False),
    moment("acknowledged_at"),
    moment("arrived_at"),
    Column("present", Integer),
    Column("injured", Integer),
    Column("next_team_id", Uuid),
    moment("terminal_at"),
    UniqueConstraint("mobilization_id", "team_id"),
    CheckConstraint("fit > 0", name="somebody_is_fit"),
    CheckConstraint("present BETWEEN 0 AND fit", name="no_more_present_than_fit"),
    CheckConstraint("injured BETWEEN 0 AND present", name="no_more_hurt_than_present"),
    CheckConstraint("state <> 'onsite' OR (present IS NOT NULL AND arrived_at IS NOT NULL)", name="roll_is_called_on_site"),
    CheckConstraint("(terminal_at IS NOT NULL) = (state = 'released')", name="terminal_at_iff_released"),
    info={"thing": MOBILIZED_TEAM.thing, "kept": Kept("r2", since="terminal_at"), "machine": MOBILIZED_TEAM},
)
social_organisations = Table(
    "social_organisation",
    metadata,
    *root(),
    *place(),
    *emergency_session(),
    Column("name", Text, nullable=False, info=PUBLIC),
    *word("state", SOCIAL_ORGANISATION.states),
    Column("gives", JSON, nullable=False),
    Column("called_by", Text, nullable=False),
    Column("ready_minutes", Integer, nullable=False),
    Column("agreement_no", Text),
    Column("agreed_until", Date),
    Column("lon", Double),
    Column("lat", Double),
    *sealed("contact_name", PersonName, to=_REACHED_BY, basis="contract", purpose=OFFICE_HEARS),
    *sealed("contact_phone", Phone, to=_REACHED_BY, basis="contract", purpose=OFFICE_HEARS),
    Column("response_id", Uuid),
    moment("listed_at", nullable=False),
    moment("called_in_at"),
    moment("terminal_at"),
    CheckConstraint("ready_minutes BETWEEN 0 AND 10080", name="is_ready_within_a_week"),
    CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="lon_iff_lat"),
    CheckConstraint("(called_in_at IS NOT NULL) = (state = 'called_in')", name="called_in_at_iff_called_in"),
    CheckConstraint("(terminal_at IS NOT NULL) = (state = 'struck')", name="terminal_at_iff_struck"),
    info={"thing": SOCIAL_ORGANISATION.thing, "kept": Kept("r2", since="terminal_at"), "machine": SOCIAL_ORGANISATION},
)
for _table in (response_teams, mobilizations, mobilized_teams, social_organisations):
    newest_first(_table, _table.c.id)
Index(None, mobilized_teams.c.team_id)
