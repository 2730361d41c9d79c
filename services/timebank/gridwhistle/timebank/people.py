"""Who asks, as the time bank knows them: somebody of a station, or a participant, who sees what concerns them."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, and_, cast, false, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from gridwhistle.common.commands import Command
from gridwhistle.common.database import Db
from gridwhistle.common.ids import id_of
from gridwhistle.common.jurisdiction import over_the_county, within
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import NotFound
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.timebank.eligibility import NotActive
from gridwhistle.timebank.order_guards import asks, serves
from gridwhistle.timebank.order_refusals import NotAParticipant, UnknownBeneficiary
from gridwhistle.timebank.order_tables import claims, orders
from gridwhistle.timebank.participant_states import PARTICIPANT
from gridwhistle.timebank.participant_tables import participants

PANEL: Final = "dispute_panel"
STAFF: Final = frozenset({"station_clerk", "timebank_admin", "integrator", "auditor"})
"""They see what lies in their area; everybody else what concerns them."""


def is_staff(caller: Principal) -> bool:
    """Tell whether somebody sees what lies in their area."""
    return bool(caller.roles & STAFF)


def as_lists(caller: Principal) -> Principal:
    """Return the caller as lists take them: a participant's own rows alone, a station's area."""
    return caller if is_staff(caller) else caller.alone()


async def in_the_county(db: Db, caller: Principal) -> Principal:
    """Return the caller as one who reaches the whole county: people are served, and serve, wherever in it they live."""
    me = await participant(db, caller)
    return over_the_county(caller, *([me.area_code] if me else []))


async def reaching(db: Db, caller: Principal) -> Principal:
    """Return the caller as commands take them; what they hold is then looked at with `check_concerns` or `check_side`.

    Somebody of a station who takes part as well, or decides disputes, does that wherever in their county.
    """
    me = await participant(db, caller)
    stays = is_staff(caller) and PANEL not in caller.roles and me is None
    return caller if stays else over_the_county(caller, *([me.area_code] if me else []))


async def participant(db: Db, caller: Principal) -> Any | None:
    """Return the participant who the caller is, if they are one."""
    if (id_ := id_of(caller.id)) is None:
        return None
    return await db.first(select(participants.c.id, participants.c.area_code).where(participants.c.id == id_))


async def is_registered(db: Db, id_: UUID, county_code: str) -> bool:
    """Tell whether somebody is a participant of a county, and has not left."""
    there = participants.c.id == id_, participants.c.county_code == county_code, participants.c.terminal_at.is_(None)
    return await db.first(select(participants.c.id).where(*there)) is not None


async def myself(db: Db, caller: Principal) -> UUID:
    """Return the id of the participant who the caller is.

    Raises:
        NotAParticipant: they are none.
    """
    if (me := await participant(db, caller)) is None:
        raise NotAParticipant
    id_: UUID = me.id
    return id_


async def hold_active(tx: Command, *ids: UUID | None) -> list[Row]:
    """Hold and return the participants who take part in something, so that none of them is frozen meanwhile.

    Of nobody there is no id.

    Raises:
        UnknownBeneficiary: one of them is no participant.
        NotActive: one of them is frozen or has left.
    """
    held = []
    for who in await tx.hold(participants, [id_ for id_ in ids if id_]):
        if who is None:
            raise UnknownBeneficiary
        if who.state != "active":
            raise NotActive(state=PARTICIPANT.word(who.state))
        held.append(who)
    return held


async def concerning(db: Db, caller: Principal) -> ColumnElement[bool]:
    """Return which claims somebody may see: a station's; one's own, for oneself or whom one asked for; and those to decide."""
    if is_staff(caller):
        return within(claims, caller)
    mine = [claims.c.asked_by == caller.id]
    if me := await participant(db, caller):
        mine += [claims.c.volunteer_id == me.id, claims.c.beneficiary_id == me.id]
    if PANEL in caller.roles:
        mine.append(and_(claims.c.state == "disputed", cast(claims.c.panel, JSONB).has_key(caller.id)))
    return and_(or_(*mine), within(claims, await in_the_county(db, caller)))


async def sees_files(db: Db, caller: Principal) -> ColumnElement[bool]:
    """Return of which claims somebody may see the pictures: of all that `check_concerns` lets them see."""
    decided = and_(cast(claims.c.panel, JSONB).has_key(caller.id), within(claims, await in_the_county(db, caller)))
    return or_(decided, await concerning(db, caller))


async def asked_for(db: Db, caller: Principal) -> ColumnElement[bool]:
    """Return which orders somebody may list: those for themselves, and those that they asked for others."""
    me = await participant(db, caller)
    for_me = orders.c.beneficiary_id == me.id if me else false()
    return and_(or_(for_me, orders.c.asked_by == caller.id), within(orders, await in_the_county(db, caller)))


async def seen_by_sides(db: Db, caller: Principal, table: Table, *sides: Column[Any]) -> ColumnElement[bool]:
    """Return which rows that are between two participants somebody may see: a station's, and those of which they are a side."""
    me = await participant(db, caller)
    mine = [side == me.id for side in sides] if me else []
    return or_(within(table, caller) if is_staff(caller) else false(), *mine)


def check_side(row: Row, caller: Principal, *sides: UUID) -> None:
    """Check that the caller is one of the two between whom a row is, or that it lies in their station's area.

    Raises:
        NotFound: neither is so.
    """
    if not lies_with(row.table, row, caller) and caller.id not in {str(id_) for id_ in sides}:
        raise NotFound(thing=thing_of(row.table))


def check_concerns(table: Table, row: Any, caller: Principal) -> None:
    """Check that a row concerns the caller, or lies in their station's area.

    Raises:
        NotFound: it does not; they need not even hear that it is there.
    """
    on_the_panel = caller.id in (getattr(row, "panel", None) or ())
    theirs = asks(row, caller) or on_the_panel or (hasattr(row, "volunteer_id") and serves(row, caller))
    if not (theirs or lies_with(table, row, caller)):
        raise NotFound(thing=thing_of(table))


def lies_with(table: Table, row: Any, caller: Principal) -> bool:
    """Tell whether a row lies in the area of a station of which the caller is."""
    return is_staff(caller) and caller.reaches(table, row)
