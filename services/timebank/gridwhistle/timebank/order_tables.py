"""Orders, claims, and what both sides say of them (订单、接单、评价)."""

from typing import Final, Literal

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from gridwhistle.common.events.timebank_orders import OrderKind, Payer
from gridwhistle.common.personal import AddressDetail, ExactPoint
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.sealed import sealed
from gridwhistle.common.tables import code, emergency_session, moment, newest_first, place, root, word
from gridwhistle.timebank.order_states import CLAIM, CLAIM_ENDED, ORDER, ORDER_ENDED
from gridwhistle.timebank.tables import metadata

OverflowTo = Literal["pool", "honour"]
_STATION: Final = frozenset({"station_clerk"})
_WHO_SERVES: Final = frozenset({"station_clerk", "volunteer"})
_WHERE: Final = Term("上门提供服务", "to find where a service is wanted")

orders = Table(
    "order",
    metadata,
    *root(),
    *place(grid=False),
    *emergency_session(),
    Column("order_no", Text, nullable=False),
    *word("state", ORDER.states),
    *word("kind", OrderKind),
    *word("payer", Payer),
    code("service_code"),
    Column("beneficiary_id", Uuid),  # of what is for all there is none
    Column("asked_by", Text, nullable=False),
    Column("on_behalf", Boolean, nullable=False),
    *sealed("address", AddressDetail, to=_STATION, basis="consent", purpose=_WHERE),
    *sealed("point", ExactPoint, to=_STATION, basis="consent", purpose=_WHERE),
    moment("start_at", nullable=False),
    moment("end_at", nullable=False),
    Column("agreed_minutes", Integer, nullable=False),
    Column("people_needed", Integer, nullable=False),
    Column("people_taken", Integer, nullable=False),
    Column("claims_open", Integer, nullable=False),
    Column("min_reputation", Integer),
    Column("minors_allowed", Boolean, nullable=False),
    Column("training_required", Text),
    Column("origin", Text),  # what it follows from, if not from a need that somebody told the time bank of
    Column("origin_id", Uuid),
    Column("incident_id", Uuid),  # of what helps with one: a person's work is paid by a claim, or because it is told of
    Column("reason_code", Text),
    moment("asked_at", nullable=False),
    moment("published_at"),
    moment("terminal_at"),
    UniqueConstraint("order_no"),
    CheckConstraint("left(grid_code, 12) = area_code", name="grid_lies_in_its_area"),
    CheckConstraint("end_at > start_at", name="ends_after_it_begins"),
    CheckConstraint("agreed_minutes BETWEEN 15 AND 1440", name="takes_a_day_at_most"),
    CheckConstraint("people_needed BETWEEN 1 AND 500", name="needs_somebody"),
    CheckConstraint("people_taken BETWEEN 0 AND people_needed", name="has_no_more_than_its_places"),
    CheckConstraint("claims_open BETWEEN 0 AND people_needed", name="open_claims_have_places"),
    CheckConstraint("(beneficiary_id IS NOT NULL) = (kind = 'ordinary')", name="beneficiary_iff_ordinary"),
    CheckConstraint("(payer = 'issuance') = (kind <> 'ordinary')", name="issued_iff_for_all"),
    CheckConstraint("origin IN ('post', 'incident', 'mobilization')", name="origin_is_known"),
    CheckConstraint("(origin IS NULL) = (origin_id IS NULL)", name="origin_iff_origin_id"),
    CheckConstraint("min_reputation BETWEEN 1 AND 5", name="reputation_is_one_to_five"),
    CheckConstraint(
        f"(terminal_at IS NOT NULL) = (state IN ({', '.join(repr(state) for state in ORDER_ENDED)}))",
        name="terminal_at_iff_ended",
    ),
    info={"thing": ORDER.thing, "kept": Kept("r4", since="terminal_at"), "machine": ORDER, "own": "beneficiary_id"},
)
newest_first(orders, orders.c.asked_at, orders.c.id)
Index("order_open_first", orders.c.county_code, orders.c.start_at, orders.c.id, postgresql_where=orders.c.state == "published")
Index("order_of_beneficiary", orders.c.beneficiary_id, postgresql_where=orders.c.beneficiary_id.is_not(None))
Index(None, orders.c.asked_by)
Index("order_of_incident", orders.c.incident_id, postgresql_where=orders.c.incident_id.is_not(None))
Index("order_origin_once", orders.c.origin_id, unique=True, postgresql_where=orders.c.origin_id.is_not(None))

claims = Table(
    "claim",
    metadata,
    *root(),
    *place(grid=False),
    *emergency_session(),
    Column("order_id", Uuid, nullable=False),
    *word("state", CLAIM.states),
    Column("volunteer_id", Uuid, nullable=False),
    Column("beneficiary_id", Uuid),
    Column("asked_by", Text, nullable=False),
    *sealed("address", AddressDetail, to=_WHO_SERVES, basis="consent", purpose=_WHERE),  # from the confirmation to the end
    *sealed("point", ExactPoint, to=_WHO_SERVES, basis="consent", purpose=_WHERE),
    Column("pin_mark", LargeBinary),
    Column("pin_tries", Integer, nullable=False),
    *(Column(f"{proof}_shown", Boolean, nullable=False) for proof in ("pin", "place", "clerk", "photo")),
    Column("out_shown", Boolean),  # whether one of them shows when it ended
    Column("in_distance_m", Integer),  # how far away somebody was, and never where
    Column("out_distance_m", Integer),
    *(moment(f"{step}_at") for step in ("confirmed", "checked_in", "checked_out", "settled")),
    moment("claimed_at", nullable=False),
    moment("start_at", nullable=False),
    moment("terminal_at"),
    Column("held_minutes", Integer),
    Column("actual_minutes", Integer),
    Column("earned_minutes", Integer),
    Column("overflow_minutes", Integer),
    Column("overflow_to", Text),
    Column("paid_id", Uuid),  # the posting by which it was paid
    Column("is_late_cancel", Boolean),
    Column("dispute_kind", Text),
    Column("disputed_by", Text),
    Column("dispute_reason", Text),
    Column("panel", JSON),  # the three who decide, and how they voted
    Column("votes", JSON),
    Column("verdict", Text),
    Column("attachments", JSON),
    CheckConstraint("left(grid_code, 12) = area_code", name="grid_lies_in_its_area"),
    CheckConstraint("volunteer_id <> beneficiary_id", name="nobody_serves_themselves"),
    CheckConstraint("pin_tries BETWEEN 0 AND 5", name="pins_are_told_not_guessed"),
    CheckConstraint("verdict IN ('void', 'minutes')", name="verdict_is_known"),
    CheckConstraint("overflow_to IN ('pool', 'honour')", name="overflow_to_is_known"),
    CheckConstraint("earned_minutes >= 0 AND overflow_minutes >= 0", name="nothing_is_owed"),
    CheckConstraint("state NOT IN ('settled', 'closed') OR earned_minutes IS NOT NULL", name="settled_has_minutes"),
    CheckConstraint("confirmed_at IS NOT NULL OR address IS NULL", name="address_after_confirmation_only"),
    CheckConstraint(
        f"(terminal_at IS NOT NULL) = (state IN ({', '.join(repr(state) for state in CLAIM_ENDED)}))",
        name="terminal_at_iff_ended",
    ),
    info={"thing": CLAIM.thing, "kept": Kept("r4", since="terminal_at"), "machine": CLAIM, "own": "volunteer_id"},
)
newest_first(claims, claims.c.claimed_at, claims.c.id)
Index(None, claims.c.order_id)
Index("claim_of_volunteer", claims.c.volunteer_id, claims.c.start_at)
Index(
    "claim_one_place_each",
    claims.c.order_id,
    claims.c.volunteer_id,
    unique=True,
    postgresql_where=claims.c.state.not_in(("cancelled", "lapsed")),
)
Index("claim_of_beneficiary", claims.c.beneficiary_id, postgresql_where=claims.c.beneficiary_id.is_not(None))
Index(None, claims.c.asked_by)
Index("claim_disputed", claims.c.county_code, postgresql_where=claims.c.state == "disputed")
evaluations = Table(
    "evaluation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("claim_id", Uuid, ForeignKey(claims.c.id), nullable=False),
    *word("by_side", ("volunteer", "beneficiary")),
    Column("stars", Integer, nullable=False),
    Column("tags", JSON, nullable=False),
    moment("rated_at", nullable=False),
    UniqueConstraint("claim_id", "by_side"),
    CheckConstraint("stars BETWEEN 1 AND 5", name="stars_are_one_to_five"),
    info={"thing": Term("评价", "evaluation")},
)
