"""Dead letters: events that could not take effect, for operators to look at, to replay and to discard."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field

from gridwhistle.common.bus import MESSAGE_BYTES_MAX
from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import Count, Word
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.problems import Term
from gridwhistle.common.reading import one, page
from gridwhistle.common.reasons import Why
from gridwhistle.common.tables import parked
from gridwhistle.common.wire import Actions, Keyset, Page, PageQuery, Version, View

OPERATOR: Final = frozenset({"sysadmin"})
LETTER: Final = Machine(
    Term("未处理消息", "dead letter"),
    (
        #    from       action     to           who                   why
        Step("waiting", "give_up", "dead", frozenset({"auto"}), "after the last try somebody has to look at it"),
        Step("dead", "replay", "waiting", OPERATOR, "what stood in its way is mended, so it is tried again"),
        Step("dead", "discard", "discarded", OPERATOR, "it shall never take effect; what waits behind it goes on"),
    ),
    zh={
        "waiting": "等待重试", "dead": "待人工处理", "discarded": "已放弃",
        "give_up": "停止重试", "replay": "重放", "discard": "放弃",
    },
)  # fmt: skip


class LetterQuery(PageQuery):
    """Which of the events that have not taken effect."""

    state: Annotated[
        Literal["waiting", "dead", "discarded"],
        Field(description="`waiting` ones are tried again by themselves, or what they wait for is asked for."),
    ] = "dead"
    source: Annotated[Word | None, Field(description="The service that told it.", examples=["personnel"])] = None
    thing_id: Annotated[UUID | None, Field(description="What it happened to.")] = None


class LetterLine(View):
    """An event that has not taken effect."""

    id: UUID
    version: Version
    state: Annotated[Word, Field(examples=["dead"])]
    why: Annotated[
        Literal["early", "failed", "unreadable", "forked"],
        Field(description="`early`: one before it is missing. `failed`: an error of ours. `forked`: told twice, differently."),
    ]
    fault: Annotated[str | None, Field(max_length=2_000, description="What kind of error it was, never its text.")]
    source: Annotated[Word, Field(examples=["personnel"])]
    subject: Annotated[str, Field(max_length=1_000, examples=["gw.990101.personnel.shift.started.v1"])]
    thing_id: UUID | None
    event_no: Count | None
    tries: Count
    parked_at: AwareDatetime
    next_at: AwareDatetime | None


class LetterView(LetterLine):
    """A dead letter, whole."""

    content: Annotated[
        str | None,
        Field(max_length=MESSAGE_BYTES_MAX, description="The event; null when it cannot be read and may hold anything."),
    ]
    actions: Actions


def routes(service: str) -> Router:
    """Return the routes by which operators see what a service could not apply."""
    router = Router(service, "Operations 运维", in_every_service=True)
    router.get("/dead_letters", may="operations:read")(list_dead_letters)
    router.get("/dead_letters/{letter_id}", may="operations:read")(get_dead_letter)
    router.post("/dead_letters/{letter_id}/replay", may="operations:write")(replay_dead_letter)
    router.post("/dead_letters/{letter_id}/discard", may="operations:write")(discard_dead_letter)
    return router


async def list_dead_letters(query: Annotated[LetterQuery, Query()], caller: Caller, db: Db) -> Page[LetterLine]:
    """List the events that have not taken effect, newest first."""
    return await page(db, caller, parked, _NEWEST, query, LetterLine)


async def get_dead_letter(letter_id: UUID, caller: Caller, db: Db) -> LetterView:
    """Show an event that has not taken effect, and why."""
    return _view(await one(db, caller, parked, letter_id), caller)


async def replay_dead_letter(letter_id: UUID, body: Why, caller: Caller, db: Db) -> LetterView:
    """Try it again, now that what stood in its way is mended. One that came too early goes ahead without those before it."""
    async with db.command(caller, parked, letter_id) as tx:
        tx.move(tx.row, LETTER.step(tx.row, "replay", caller), reason=body.reason, next_at=tx.now, tries=0, after_no=0)
        return _answer(tx)


async def discard_dead_letter(letter_id: UUID, body: Why, caller: Caller, db: Db) -> LetterView:
    """Never apply it. What waits behind it goes on."""
    async with db.command(caller, parked, letter_id) as tx:
        tx.move(tx.row, LETTER.step(tx.row, "discard", caller), reason=body.reason, next_at=tx.now)
        return _answer(tx)


def _answer(tx: Command) -> LetterView:
    return tx.answer(_view(tx.row, tx.caller))


def _view(row: Any, caller: Caller) -> LetterView:
    content = None if row.why == "unreadable" else row.content.decode()
    return LetterView.of(row, content=content, actions=LETTER.actions(row, caller))


_NEWEST: Final = Keyset(parked.c.parked_at, parked.c.id)
