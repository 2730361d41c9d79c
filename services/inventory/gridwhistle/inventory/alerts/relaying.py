"""How a message becomes a warning, or changes one: what CAP says in many words is what a warning has in a few."""

import datetime as dt
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.clocks import until
from gridwhistle.common.commands import Command
from gridwhistle.common.database import Db
from gridwhistle.common.events.inventory_alerts import WarningCancelled, WarningRelayed
from gridwhistle.common.ids import area_code_of, new_id
from gridwhistle.common.principal import Principal
from gridwhistle.common.rows import Row
from gridwhistle.inventory.alerts.cap import Alert, Info
from gridwhistle.inventory.alerts.domain import (
    COLOURS,
    EXPIRES,
    RELAY,
    STATUSES,
    WARNING,
    AlreadyRelayed,
    AnotherSource,
    ColourUnclear,
    IssuerMissing,
    NothingTold,
    NotPublic,
    NoWarning,
    SaidSince,
    SentInTheFuture,
    TimeIsOver,
    UnknownWarning,
    areas_of,
    check_id,
    event_code_of,
    level_of,
    named_areas,
)
from gridwhistle.inventory.alerts.tables import messages, warnings

_AHEAD: Final = dt.timedelta(minutes=5)
"""By so much an authority's clock may run ahead of ours."""
_MINUTE: Final = dt.timedelta(minutes=1)
TEXT_MAX: Final = 4_000
NAME_MAX: Final = 60
KINDS: Final = frozenset({"Alert", "Update", "Cancel"})


class Message(NamedTuple):
    """A message, as it was sent."""

    alert: Alert
    content: str


def check(message: Alert, caller: Principal) -> None:
    """Check that a message is a warning for all that an authority issued.

    Raises:
        NoWarning, NotPublic, IssuerMissing, WarningIdUnclear, NothingTold: it is not.
    """
    if message.kind not in KINDS:
        raise NoWarning
    if message.scope != "Public" or message.status not in STATUSES:
        raise NotPublic
    if not message.sender:
        raise IssuerMissing
    check_id(message.identifier)
    if not message.infos and message.kind != "Cancel":
        raise NothingTold
    if message.infos and message.kind != "Cancel":
        facts_of(message, caller)


def info_of(message: Alert) -> Info:
    """Return what a message says in Chinese, or else first."""
    return next((info for info in message.infos if info.language.lower().startswith("zh")), message.infos[0])


def facts_of(message: Alert, caller: Principal) -> dict[str, Any]:
    """Return what a warning has of a message.

    Raises:
        ColourUnclear, WarningAreaUnclear, SeveralCounties: the message does not say it.
    """
    info = info_of(message)
    if info.severity not in COLOURS:
        raise ColourUnclear
    geocodes = [pair for each in message.infos for area in each.areas for pair in area.geocodes]
    areas = areas_of(named_areas(geocodes), caller.areas)
    return {
        "colour": COLOURS[info.severity],
        "status": STATUSES[message.status],
        "event_code": event_code_of(info.event_codes),
        "event": info.event[:NAME_MAX],
        "areas": areas,
        "authority_name": info.sender_name[:NAME_MAX] or None,
        "headline": (info.headline or info.event)[: NAME_MAX * 2],
        "description": info.description[:TEXT_MAX],
        "instruction": info.instruction[:TEXT_MAX],
        "sent_at": message.sent_at,
        "starts_at": info.onset_at or info.effective_at or message.sent_at,
    }


async def followed_by(db: Db, caller: Principal, message: Alert) -> UUID:
    """Return the warning that a message changes or lifts.

    Raises:
        UnknownWarning: none of those that it names was relayed here.
    """
    named = [reference.identifier for reference in message.references]
    counties = {area[:6] for area in caller.areas}
    known = select(messages.c.warning_id).where(messages.c.identifier.in_(named), messages.c.county_code.in_(counties))
    found = await db.first(known)
    if found is None:
        raise UnknownWarning
    warning_id: UUID = found.warning_id
    return warning_id


async def relay(tx: Command, message: Message) -> Row:
    """Make the warning of a message, and tell of it.

    Raises:
        SentInTheFuture, TimeIsOver: now is not the time for it.
        AlreadyRelayed: it is there.
    """
    alert, step = message.alert, WARNING.step(None, "relay", tx.caller)
    facts = facts_of(alert, tx.caller)
    county = facts["areas"][0][:6]
    await _check_new(tx.db, county, alert.identifier)
    expires_at = _end_of(tx, alert, county)
    id_ = new_id()
    tx.db.correlation_id = str(id_)
    late = tx.rule(RELAY, county).amount * _MINUTE
    warning = tx.create(
        warnings,
        step,
        limits={EXPIRES: until(tx.now, expires_at)},
        id=id_,
        area_code=area_code_of(county),
        warning_id=alert.identifier,
        issuing_authority=alert.sender,
        authority_level=level_of(alert.identifier),
        edition=1,
        is_late=tx.now - alert.sent_at > late,
        correlation_id=str(id_),
        expires_at=expires_at,
        relayed_at=tx.now,
        **facts,
    )
    _keep(tx, warning, message)
    tx.tell(warning, _relayed(warning))
    return warning


async def update(tx: Command, message: Message) -> None:
    """Let the held warning say what the message says.

    Raises:
        AnotherSource: somebody else issued it.
        SaidSince: it says something newer already.
        SentInTheFuture, TimeIsOver: now is not the time for it.
        AlreadyRelayed: it said so before.
    """
    warning, alert = tx.row, message.alert
    step = WARNING.step(warning, "update", tx.caller)
    await _check_follows(tx, message)
    expires_at = _end_of(tx, alert, warning.county_code)
    facts = facts_of(alert, tx.caller)
    tx.move(warning, step, edition=warning.edition + 1, expires_at=expires_at, relayed_at=tx.now, **facts)
    await tx.clocks.set_again(warning, EXPIRES, until(tx.now, expires_at))
    _keep(tx, warning, message)
    tx.tell(warning, _relayed(warning))


async def cancel(tx: Command, message: Message) -> None:
    """Lift the held warning.

    Raises:
        AnotherSource: somebody else issued it.
        SaidSince: it says something newer already.
        AlreadyRelayed: it was lifted so before.
    """
    warning, step = tx.row, WARNING.step(tx.row, "cancel", tx.caller)
    await _check_follows(tx, message)
    tx.move(warning, step, terminal_at=tx.now)
    _keep(tx, warning, message)
    tx.tell(warning, WarningCancelled(**told_of(warning)))


def told_of(warning: Row) -> dict[str, Any]:
    """Return what every event of a warning carries."""
    facts = {name: getattr(warning, name) for name in ("warning_id", "colour", "event_code", "areas")}
    return {**facts, "is_test": warning.status != "actual"}


def _relayed(warning: Row) -> WarningRelayed:
    more = {name: getattr(warning, name) for name in ("authority_level", "edition", "starts_at", "expires_at")}
    return WarningRelayed(**told_of(warning), **more)


async def _check_follows(tx: Command, message: Message) -> None:
    if message.alert.sender != tx.row.issuing_authority:
        raise AnotherSource
    tx.db.correlation_id = tx.row.correlation_id
    await _check_new(tx.db, tx.row.county_code, message.alert.identifier)
    if message.alert.sent_at < tx.row.sent_at:
        raise SaidSince


async def _check_new(db: Db, county: str, identifier: str) -> None:
    there = select(messages.c.id).where(messages.c.county_code == county, messages.c.identifier == identifier)
    if await db.first(there):
        raise AlreadyRelayed


def _end_of(tx: Command, message: Alert, county: str) -> dt.datetime:
    if message.sent_at > tx.now + _AHEAD:
        raise SentInTheFuture
    limit = tx.rule(EXPIRES, county).amount
    expires_at = info_of(message).expires_at or message.sent_at + dt.timedelta(hours=limit)
    if expires_at <= tx.now:
        raise TimeIsOver
    return expires_at


def _keep(tx: Command, warning: Row, message: Message) -> None:
    alert = message.alert
    tx.insert(
        messages,
        warning_id=warning.id,
        county_code=warning.area_code[:6],
        identifier=alert.identifier,
        kind=alert.kind.lower(),
        content=message.content,
        sent_at=alert.sent_at,
        received_at=tx.now,
    )
