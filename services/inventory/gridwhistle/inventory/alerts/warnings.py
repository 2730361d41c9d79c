"""Warnings (预警): taken from the official feed or typed in, shown to all of the county, and given out as CAP."""

import hashlib
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.data_classes import OPEN, Count
from gridwhistle.common.edge import Caller, Content, Db, Router
from gridwhistle.common.events.inventory_alerts import AREAS_MAX, AuthorityLevel, Colour, EventCode, WarningId
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.jurisdiction import over_the_county
from gridwhistle.common.principal import Principal
from gridwhistle.common.reading import one, page
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Actions, Body, File, Keyset, Moment, Page, PageQuery, Version, View
from gridwhistle.inventory.alerts.cap import MEDIA_TYPES, Alert, Area, Info, Reference
from gridwhistle.inventory.alerts.cap_reading import read_cap
from gridwhistle.inventory.alerts.cap_writing import write_cap
from gridwhistle.inventory.alerts.domain import SEVERITIES, STATUSES, WARNING, Status
from gridwhistle.inventory.alerts.relaying import Message, cancel, check, followed_by, relay, update
from gridwhistle.inventory.alerts.tables import messages, warnings

router = Router("inventory", "Warnings 预警")
_NEWEST = Keyset(warnings.c.relayed_at, warnings.c.id)
_SAID = {status: status.capitalize() for status in STATUSES.values()}
Sender = Annotated[
    str,
    Field(
        pattern=r"^[^\s\x00-\x1f\x7f\x85,<&]{1,100}$",
        examples=["990101.qx.example"],
        description="The issuing authority, as it calls itself in its messages.",
    ),
]
Name = Annotated[str, Field(min_length=1, max_length=60, examples=["示例县气象台"])]
Headline = Annotated[str, Field(min_length=1, max_length=120, examples=["示例县气象台发布暴雨红色预警信号"])]
Text = Annotated[str, Field(max_length=4_000, examples=["预计未来3小时降雨量将达100毫米以上。"])]
WarningState = Literal[WARNING.states]  # type: ignore[name-defined]
_CATEGORIES = {"11": "Met", "12": "Safety", "13": "Health", "14": "Security"}
"""Of CAP, by how the code of what is warned of begins: natural, accident, public health, social safety."""


class NewMessage(Body):
    """What an authority says, as a duty officer types it in."""

    warning_id: Annotated[str, Field(max_length=40, examples=["99010100000000_20260706083000_0"])]
    issuing_authority: Sender | None = None
    authority_name: Name | None = None
    sent_at: Annotated[Moment, Field(description="When the authority published it.")]


class NewWarning(NewMessage):
    """A warning."""

    status: Status = "actual"
    colour: Colour
    event: Annotated[str, Field(min_length=1, max_length=60, examples=["暴雨"])]
    event_code: EventCode = "other"
    areas: Annotated[list[AreaCode], Field(min_length=1, max_length=AREAS_MAX)]
    headline: Headline
    description: Text = ""
    instruction: Text = ""
    starts_at: Moment | None = None
    expires_at: Moment | None = None


class WarningQuery(PageQuery):
    """Which warnings."""

    state: WarningState | None = None
    colour: Colour | None = None
    status: Status | None = None


class WarningLine(View):
    """A warning in a list."""

    id: UUID
    version: Version
    warning_id: WarningId
    state: Annotated[WarningState, OPEN]
    status: Annotated[Status, OPEN]
    colour: Annotated[Colour, OPEN]
    event_code: EventCode
    event: Annotated[str, Field(max_length=60, examples=["暴雨"])]
    authority_level: Annotated[AuthorityLevel, OPEN]
    issuing_authority: Sender
    authority_name: Name | None
    areas: Annotated[list[AreaCode], Field(max_length=AREAS_MAX)]
    headline: Headline
    starts_at: AwareDatetime
    expires_at: AwareDatetime
    relayed_at: AwareDatetime


class WarningView(WarningLine):
    """A warning, whole. `edition` counts what its authority said; `is_late`: it reached us later than subscribers may wait."""

    area_code: AreaCode
    description: Text
    instruction: Text
    edition: Count
    is_late: bool
    sent_at: AwareDatetime
    terminal_at: AwareDatetime | None
    actions: Actions


@router.post("/warnings", may="warnings:relay", status_code=201)
async def relay_warning(body: NewWarning, caller: Caller, db: Db) -> WarningView:
    """Relay a warning (转发预警) that an authority has issued; it goes out at once, and without an authority not at all."""
    message = _message("Alert", body)
    check(message.alert, caller)
    async with db.command(caller) as tx:
        return tx.answer(_view(await relay(tx, message), caller))


@router.post("/warnings/cap", may="warnings:relay", takes=MEDIA_TYPES)
async def take_cap_message(content: Content, caller: Caller, db: Db) -> WarningView:
    """Take a CAP 1.2 message of the official feed: a new warning, or the change or end of one that it refers to.

    It is kept and given out as it came. Entities and document types are refused, and nothing elsewhere is read.
    """
    message = Message(read_cap(content), content.decode())
    check(message.alert, caller)
    if message.alert.kind == "Alert":
        async with db.command(caller) as tx:
            return tx.answer(_view(await relay(tx, message), caller))
    follows = await followed_by(db, caller, message.alert)
    async with db.command(caller, warnings, follows) as tx:
        await (update if message.alert.kind == "Update" else cancel)(tx, message)
        return tx.answer(_view(tx.row, caller))


@router.post("/warnings/{warning_id}/update", may="warnings:relay")
async def update_warning(warning_id: UUID, body: NewWarning, caller: Caller, db: Db) -> WarningView:
    """Say what the authority says now (更新); it is the whole of the warning from here on."""
    message = _message("Update", body, await one(db, caller, warnings, warning_id))
    check(message.alert, caller)
    async with db.command(caller, warnings, warning_id) as tx:
        await update(tx, message)
        return tx.answer(_view(tx.row, caller))


@router.post("/warnings/{warning_id}/cancel", may="warnings:relay")
async def cancel_warning(warning_id: UUID, body: NewMessage, caller: Caller, db: Db) -> WarningView:
    """Say that the authority has lifted it (解除)."""
    message = _message("Cancel", body, await one(db, caller, warnings, warning_id))
    check(message.alert, caller)
    async with db.command(caller, warnings, warning_id) as tx:
        await cancel(tx, message)
        return tx.answer(_view(tx.row, caller))


@router.get("/warnings", may="warnings:read")
async def list_warnings(query: Annotated[WarningQuery, Query()], caller: Caller, db: Db) -> Page[WarningLine]:
    """List the warnings of your county, newest first."""
    return await page(db, over_the_county(caller), warnings, _NEWEST, query, WarningLine)


@router.get("/warnings/{warning_id}", may="warnings:read")
async def get_warning(warning_id: UUID, caller: Caller, db: Db) -> WarningView:
    """Return a warning of your county."""
    return _view(await one(db, over_the_county(caller), warnings, warning_id), caller)


@router.get("/warnings/{warning_id}/cap", may="warnings:read", gives=("application/cap+xml",))
async def get_cap_message(warning_id: UUID, caller: Caller, db: Db) -> File:
    """Return what the authority said last, as CAP 1.2: as it came, or as it was typed in."""
    warning = await one(db, over_the_county(caller), warnings, warning_id)
    said = select(messages.c.content).where(messages.c.warning_id == warning.id).order_by(messages.c.id.desc())
    last = await db.first(said)
    assert last is not None, "a warning begins with a message"
    return _file(last.content.encode(), warning.warning_id)


def _file(content: bytes, name: str) -> File:
    async def read() -> bytes:
        return content

    return File("application/cap+xml", name, hashlib.sha256(content).hexdigest(), read, ending="xml")


def _view(warning: Row, caller: Principal) -> WarningView:
    return WarningView.of(warning, actions=WARNING.actions(warning, caller))


def _message(kind: str, body: NewMessage, follows: Row | None = None) -> Message:
    """Return the CAP message that says what was typed in."""
    alert = Alert(
        identifier=body.warning_id,
        sender=body.issuing_authority or "",
        sent_at=body.sent_at,
        status=_SAID[body.status] if isinstance(body, NewWarning) else "Actual",
        kind=kind,
        scope="Public",
        references=[Reference(follows.issuing_authority, follows.warning_id, follows.sent_at)] if follows else (),
        infos=[_info(body)] if isinstance(body, NewWarning) else (),
    )
    return Message(alert, write_cap(alert))


def _info(body: NewWarning) -> Info:
    return Info(
        language="zh-CN",
        categories=[_CATEGORIES.get(body.event_code[:2], "Other")],
        event=body.event,
        urgency="Immediate" if body.colour == "red" else "Expected",
        severity=SEVERITIES[body.colour],
        certainty="Likely",
        event_codes=[("GB/T 35561", body.event_code)],
        effective_at=body.starts_at or body.sent_at,
        expires_at=body.expires_at,
        sender_name=body.authority_name or "",
        headline=body.headline,
        description=body.description,
        instruction=body.instruction,
        areas=[Area(body.headline, geocodes=[("GB/T 10114", code) for code in body.areas])],
    )
