"""Who mediates a case, and who did (调解员)."""

from typing import Final, Literal

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Table, Text, Uuid

from gridwhistle.common.problems import Term
from gridwhistle.common.tables import moment, word
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.tables import metadata

ChosenBy = Literal["parties", "committee"]
Relation = Literal["none", "relative", "colleague", "interest", "earlier_case", "other"]

panel_members: Final = Table(
    "panel_member",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey(cases.c.id), nullable=False, index=True),
    Column("mediator_id", Uuid, nullable=False),
    Column("presides", Boolean, nullable=False),
    *word("chosen_by", ChosenBy),
    Column("named_by", Text, nullable=False),
    moment("named_at", nullable=False),
    Column("relation", Text),  # to a party or the matter, as they disclosed it themselves; whose is not kept
    moment("disclosed_at"),
    Column("may_stay", Boolean, nullable=False),
    moment("left_at"),
    Column("left_for", Text),
    Column("asked_by_party", Uuid),
    CheckConstraint(
        "relation IN ('none', 'relative', 'colleague', 'interest', 'earlier_case', 'other')", name="relation_is_known"
    ),
    CheckConstraint("(relation IS NULL) = (disclosed_at IS NULL)", name="relation_iff_disclosed"),
    CheckConstraint("left_for IN ('recused', 'stepped_aside', 'replaced', 'recalled')", name="left_for_is_known"),
    CheckConstraint("(left_for IS NULL) = (left_at IS NULL)", name="left_for_iff_left"),
    CheckConstraint("NOT may_stay OR relation <> 'none'", name="may_stay_in_spite_of_something"),
    info={"thing": Term("本案调解员", "panel member")},
)
Index(
    "panel_member_once",
    panel_members.c.case_id,
    panel_members.c.mediator_id,
    unique=True,
    postgresql_where=panel_members.c.left_at.is_(None),
)
Index("panel_member_busy", panel_members.c.mediator_id, postgresql_where=panel_members.c.left_at.is_(None))
