"""Attachments (附件) of things: sent first, named by the command that needs them, seen by whoever may see the thing."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, Table, select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, Count
from gridwhistle.common.database import Database
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Content, Db, Router, Stored
from gridwhistle.common.files import Files
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.places import Latitude, Longitude
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, Invalid, NotFound
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.common.tables import attachment
from gridwhistle.common.uploads import BYTES_MAX, MEDIA_TYPES, cleaned
from gridwhistle.common.wire import File, Query, View

if TYPE_CHECKING:
    from gridwhistle.common.running import Running

ATTACHED_MAX: Final = 9
"""Pictures that a report shows: what people know from WeChat."""
ATTACHED_IN_ALL_MAX: Final = 200
"""Of one thing, over its whole life: what an answer that shows all of them can bear."""
Shown = Literal["near", "far", "reference", "before", "after"]
"""What a picture shows: the thing close by (近景), its surroundings (远景), something that tells its size (参照物), and how it
was before (处置前) and after (处置后) the work."""
ATTACHED_WITHIN: Final = dt.timedelta(days=1)
_EVERY_S = 24 * 3600.0
_AT_ONCE = 1_000
AttachmentIds = Annotated[
    tuple[UUID, ...],
    Field(max_length=ATTACHED_MAX, description="Files that you sent to /attachments in the last day; each goes to one thing."),
]


class NoSuchAttachment(Invalid):
    """Nobody sent it, somebody else did, or it was too long ago."""

    code = "no_such_attachment"
    zh = "附件须由您本人在一天内上传;请重新上传后再提交。"
    en = "Attachments are sent by yourself within the last day: send them again, then repeat with the new ids."


class AlreadyAttached(Conflict):
    """An attachment belongs to one thing."""

    code = "already_attached"
    zh, en = (
        "附件已用于其他记录,每个附件只能使用一次。",
        "The attachment belongs to something already; send the file once more.",
    )


class EnoughAttachments(Conflict):
    """As many as can be shown."""

    code = "enough_attachments"
    zh, en = "最多附 {most} 个附件,还可附 {left} 个。", "It shows {most} attachments at most; {left} more can be attached."


class UploadQuery(Query):
    """What the file shows."""

    kind: Annotated[Shown | None, InQuery(description="What the picture shows; some steps ask for one of before or after.")] = (
        None
    )


class AttachmentView(View):
    """A file that belongs to a thing. Time and place are those that the camera wrote, which the file has no more."""

    id: UUID
    media_type: Annotated[str, Field(max_length=100, examples=["image/jpeg"])]
    size_bytes: Count
    width: Count | None
    height: Count | None
    kind: Annotated[Shown, OPEN] | None = None
    taken_at: AwareDatetime | None
    lon: Longitude | None
    lat: Latitude | None
    uploaded_at: AwareDatetime


def attached_to(row: Any) -> list[AttachmentView]:
    """Return the attachments of a thing, in the order in which they came; the thing's own row carries what is shown."""
    return [AttachmentView.model_validate(line) for line in row.attachments or ()]


async def uploads(tx: Command, ids: Sequence[UUID]) -> list[Row]:
    """Hold files that the caller sent.

    Raises:
        NoSuchAttachment: the caller sent no such file within the last day.
        AlreadyAttached: one of them belongs to a thing.
    """
    if not ids:
        return []
    rows = await tx.hold(attachment, list(dict.fromkeys(ids)))
    for row in rows:
        if row is None or row.uploaded_by != tx.caller.id or row.uploaded_at < tx.now - ATTACHED_WITHIN:
            raise NoSuchAttachment
        if row.thing_id is not None:
            raise AlreadyAttached
    return [row for row in rows if row]


def attach(tx: Command, thing: Row, files: Sequence[Row]) -> None:
    """Let held files belong to a thing, whose row gets a line for each.

    Raises:
        EnoughAttachments: it would have more than can be shown.
    """
    left = ATTACHED_IN_ALL_MAX - len(thing.attachments or ())
    if len(files) > left:
        raise EnoughAttachments(most=ATTACHED_IN_ALL_MAX, left=left)
    for file in files:
        tx.update(file, thing_table=thing.table.name, thing_id=thing.id, attached_at=tx.now)
    if files:
        lines = [AttachmentView.of(file).model_dump(mode="json") for file in files]
        tx.update(thing, attachments=[*(thing.attachments or ()), *lines])


SeenBy = Callable[[Work, Principal], Awaitable[ColumnElement[bool]]]


def routes(service: str, *things: Table, add: str, see: str, seen_by: SeenBy | None = None) -> Router:
    """Return the routes by which a service takes files and gives them out.

    Args:
        service: whose routes they are.
        things: the tables whose rows can have attachments; each has a column `attachments`.
        add: the permission to send files.
        see: the permission to see these things.
        seen_by: returns which of them a caller sees, where not all of an area is everybody's to see.
    """
    router = Router(service, "Attachments 附件", in_every_service=True)
    by_name = {thing.name: thing for thing in things}

    @router.post("/attachments", may=add, status_code=201, body_bytes_max=BYTES_MAX, takes=MEDIA_TYPES)
    async def upload_attachment(
        content: Content, query: Annotated[UploadQuery, InQuery()], caller: Caller, db: Db, files: Stored
    ) -> AttachmentView:
        """Send a file, as it is, and name it within a day in the command that needs it.

        Pictures are drawn anew: what cameras write into them (owner, device, serial number) is lost, but for the time and the
        place, which are returned. HEIC becomes JPEG, and no side is kept longer than 4,096 pixels.
        """
        async with files.decoding:
            file = await asyncio.to_thread(cleaned, content)
        sha256 = await files.keep(file.content)
        async with db.command(caller) as tx:
            row = tx.insert(
                attachment,
                version=1,
                sha256=sha256,
                media_type=file.media_type,
                size_bytes=len(file.content),
                width=file.width,
                height=file.height,
                kind=query.kind,
                taken_at=file.taken_at,
                lon=file.lon,
                lat=file.lat,
                uploaded_by=caller.id,
                uploaded_at=tx.now,
            )
            tx.record(row, "upload")
            return tx.answer(AttachmentView.of(row))

    @router.get("/attachments/{attachment_id}", may=see, gives=MEDIA_TYPES)
    async def get_attachment(attachment_id: UUID, caller: Caller, db: Db, files: Stored) -> File:
        """Return a file. Whoever may see the thing may see its files; until it belongs to one, only who sent it may."""
        row = await db.first(select(attachment).where(attachment.c.id == attachment_id))
        if row is not None and row.thing_id is not None:
            thing = by_name[row.thing_table]
            shown = await seen_by(db, caller) if seen_by else within(thing, caller)
            seen = await db.first(select(thing.c.id).where(thing.c.id == row.thing_id, shown))
        else:
            seen = row if row is not None and row.uploaded_by == caller.id else None
        if row is None or seen is None:
            raise NotFound(thing=thing_of(attachment))
        return File(row.media_type, f"{row.id}", row.sha256, lambda: files.read(row.sha256))

    return router


async def sweep_attachments(service: "Running") -> None:
    """Drop once a day, until cancelled, what was sent and never used, and files that no row names."""
    assert service.files is not None
    while True:
        await drop_unused(service.database)
        await drop_orphans(service.database, service.files)
        await asyncio.sleep(_EVERY_S)


async def drop_unused(database: Database) -> None:
    """Delete the rows of files that can be attached no more: a day after they could."""
    gone = _AT_ONCE
    while gone == _AT_ONCE:
        rows = await database.run(
            database.background,
            "DELETE FROM attachment WHERE id IN (SELECT id FROM attachment"
            " WHERE thing_id IS NULL AND uploaded_at < clock_timestamp() - $1::interval LIMIT $2) RETURNING 1",
            2 * ATTACHED_WITHIN,
            _AT_ONCE,
        )
        gone = len(rows)


async def drop_orphans(database: Database, files: Files) -> None:
    """Delete the files of more than a day that no row names."""
    async for names in files.old():
        named = await database.run(
            database.background, "SELECT DISTINCT sha256 FROM attachment WHERE sha256 = ANY($1::text[])", names
        )
        for name in {*names} - {row["sha256"] for row in named}:
            await files.drop(name)
