"""A small service for tests of the house: tools that members borrow, accounts of minutes, a database of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import httpx2
from pydantic import Field
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    select,
)
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from gridwhistle.common import migrations
from gridwhistle.common.again import Changed, again
from gridwhistle.common.application import App
from gridwhistle.common.clocks import LATE
from gridwhistle.common.commands import Command
from gridwhistle.common.consumers import Consumer
from gridwhistle.common.data_classes import OPEN, P1
from gridwhistle.common.database import Database
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events import ClockEvent, Event
from gridwhistle.common.events.inventory import SessionPurged
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.issuer import ISSUER, Issuer
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.personal import AddressDetail, IdNumber, PersonName, Phone
from gridwhistle.common.presets import Preset
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, Problem, Term
from gridwhistle.common.reading import one
from gridwhistle.common.retention import Kept
from gridwhistle.common.rows import Row
from gridwhistle.common.running import Running
from gridwhistle.common.sealed import PUBLIC, found_by, sealed
from gridwhistle.common.sealing import Seal, make_keys
from gridwhistle.common.service import Service
from gridwhistle.common.settings import Settings
from gridwhistle.common.tables import NAMING, emergency_session, moment, place, root
from gridwhistle.common.tokens import Tokens
from gridwhistle.common.wire import Body, View

AREA: Final = "990101001001"
ROLES: Final = frozenset({"town_acceptor"})
CLERK: Final = Principal(id="clerk", roles=ROLES, areas=("990101",))
PARTS_MAX: Final = 5
HANDLE: Final = "incidents:handle"
LENDING: Final = Term("找回借出的工具", "to find a tool that was lent")


class ToolMoved(Event, type="gw.toolshed.tool.moved.v1"):
    state: Annotated[Literal["idle", "lent"], OPEN, P1]


class ToolTouched(Event, type="gw.toolshed.tool.touched.v1"):
    """Somebody did something to a tool."""


class MemberJoined(Event, type="gw.toolshed.member.joined.v1"):
    """Somebody became a member."""


class ToolshedSessionPurged(SessionPurged, type="gw.toolshed.session.purged.v1"):
    """What was personal in an emergency session is gone from the toolshed."""


class ToolClockWarned(ClockEvent, type="gw.toolshed.tool.clock_warned.v1"):
    """Four fifths of the time for which it is lent have passed."""


class ToolClockBreached(ClockEvent, type="gw.toolshed.tool.clock_breached.v1"):
    """It should have been back."""


class RefusedOnRequest(Conflict):
    code, zh, en = "refused_on_request", "按要求拒绝。", "Refused, as was asked for."


class Rusty(Conflict):
    code, zh, en = "rusty", "生锈的工具不收。", "Rusty tools are not taken; clean it first."


class NotEnough(Conflict):
    code, zh, en = "not_enough", "余额不足。", "There are not enough minutes; transfer some first."


TOOL: Final = Machine(
    Term("工具", "tool"),
    (
        Step(None, "bring", "idle", ROLES, "tools come from somewhere"),
        Step("idle", "lend", "lent", ROLES, "the clerk hands it over"),
        Step("lent", "take_back", "idle", ROLES, "late is still back"),
        Step("idle", "service", "idle", ROLES, "its parts are turned"),
        Step("lent", "service", "lent", ROLES, "its parts are turned"),
    ),
    zh={"bring": "带来", "idle": "空闲", "lend": "借出", "lent": "已借出", "take_back": "收回", "service": "保养"},
    clocks={"lent": ["toolshed.return"]},
)
PRESETS: Final = (
    Preset("toolshed.lend", 4, "work_hour", "INF", "A morning, or an afternoon."),
    Preset("toolshed.return", 5, "work_day_legal", "the shed's house rules"),
    Preset("toolshed.tools_max", 3, "tool", "INF"),
)
COMPLAINT: Final = Machine(
    Term("投诉", "complaint"),
    (
        Step(None, "complain", "open", ROLES, "somebody is not content"),
        Step("open", "review", "reviewed", ROLES, "one looks", approval=True),
        Step("reviewed", "note", "reviewed", ROLES, "what is noted approves nothing"),
        Step("reviewed", "settle", "settled", ROLES, "and another one settles", approval=True),
        Step("reviewed", "send_back", "open", ROLES, "and it begins anew"),
    ),
    zh={"complain": "投诉", "open": "待审", "review": "审核", "reviewed": "已审核", "note": "备注", "settle": "办结"}
    | {"settled": "已办结", "send_back": "退回"},
)
metadata = MetaData(naming_convention=NAMING)
tools = Table(
    "tool",
    metadata,
    *root(),
    *place(),
    Column("state", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("deposit_minutes", BigInteger, nullable=False),
    moment(LATE),
    CheckConstraint("title <> 'rust'", name="no_rust"),
    CheckConstraint("title <> 'dust'", name="no_dust"),  # nobody gave this one words
    info={"thing": TOOL.thing, "kept": Kept("r8")},
)
parts = Table(
    "part",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tool_id", Uuid, ForeignKey(tools.c.id), nullable=False, index=True),
    Column("slot", Integer, nullable=False),
    Column("turns", Integer, nullable=False),
    UniqueConstraint("tool_id", "slot"),
)
accounts = Table(
    "account",
    metadata,
    *root(numbered=False),
    *place(),
    Column("minutes", BigInteger, nullable=False),
    CheckConstraint("minutes >= 0", name="nobody_owes"),
    info={"thing": Term("账户", "account"), "kept": Kept("r4")},
)
entries = Table(
    "entry",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey(accounts.c.id), nullable=False),
    Column("version", Integer, nullable=False),
    Column("request_id", Text, nullable=False, index=True),
    Column("minutes", BigInteger, nullable=False),
    Column("balance_minutes", BigInteger, nullable=False),
    UniqueConstraint("account_id", "version"),
)
complaints = Table(
    "complaint",
    metadata,
    *root(),
    *place(grid=False),
    Column("state", Text, nullable=False),
    Column("complained_org", Text),
    Column("barred_ids", JSON),
    Column("lead_org", Text),
    Column("subject_id", Text, nullable=False),
    Column("approved_by", Text),
    info={"thing": COMPLAINT.thing, "kept": Kept("r8")},
)
members = Table(
    "member",
    metadata,
    *root(),
    *place(),
    *emergency_session(),
    *sealed("name", PersonName, to=ROLES, basis="contract", purpose=LENDING),
    *sealed("phone", Phone, to=ROLES, basis="contract", purpose=LENDING, kept="r1", found=True),
    *sealed("address", AddressDetail, to=ROLES, basis="contract", purpose=LENDING),
    *sealed("id_number", IdNumber, to=frozenset({"dept_leader"}), basis="law", purpose=LENDING),
    Column("nickname", Text, info=PUBLIC),
    moment("left_at"),
    CheckConstraint("nickname <> 'dust'", name="no_dust"),  # nobody gave this one words either
    info={"thing": Term("会员", "member"), "own": "id", "kept": Kept("r2", since="left_at")},
)
# Whom to call when a member cannot be reached: a child of the member, kept as long.
friends = Table(
    "friend",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("member_id", Uuid, ForeignKey(members.c.id), nullable=False, index=True),
    *sealed("phone", Phone, to=ROLES, basis="consent", purpose=LENDING, kept="r1"),
)
CONSTRAINTS: Final[dict[str, Callable[[], Problem | Changed]]] = {"tool_no_rust": Rusty, "account_nobody_owes": NotEnough}


class Bring(Body):
    title: str = "saw"
    area_code: AreaCode = AREA
    parts: Annotated[int, Field(ge=0, le=20)] = 0


class Turn(Body):
    refuse: bool = False
    title: str | None = None


class Deposit(Body):
    account_id: UUID
    minutes: Annotated[int, Field(gt=0)]


class Transfer(Body):
    source_id: UUID
    target_id: UUID
    minutes: Annotated[int, Field(gt=0)]
    unchecked: bool = False  # the database is the one to refuse


class Join(Body):
    name: PersonName
    phone: Phone
    address: AddressDetail | None = None
    id_number: IdNumber | None = None
    nickname: str | None = None


class Find(Body):
    phone: Phone


class MemberView(View):
    id: UUID
    version: int
    name: PersonName | None
    phone: Phone | None
    address: AddressDetail | None
    id_number: IdNumber | None
    nickname: str | None


class Members(View):
    items: list[MemberView]


class ToolView(View):
    id: UUID
    version: int
    state: str
    title: str
    event_no: int


class PartsView(View):
    id: UUID
    version: int
    turns: list[int]


class PaidView(View):
    source_minutes: int
    target_minutes: int


router = Router("toolshed", "Toolshed")


@router.post("/tools", may=HANDLE, status_code=201)
async def bring(body: Bring, caller: Caller, db: Db) -> ToolView:
    """Bring a tool with its parts."""
    async with db.command(caller) as tx:
        step = TOOL.step(None, "bring", caller)
        tool = tx.create(tools, step, reason=db.request_id, title=body.title, area_code=body.area_code, deposit_minutes=0)
        for slot in range(body.parts):
            tx.insert(parts, tool_id=tool.id, slot=slot, turns=0)
        tx.tell(tool, ToolMoved(state=tool.state))
        return tx.answer(ToolView.of(tool))


@router.post("/tools/{tool_id}/turn", may=HANDLE)
async def turn(tool_id: UUID, body: Turn, caller: Caller, db: Db) -> ToolView:
    """Lend it when it is idle, take it back when it is lent."""
    async with db.command(caller, tools, tool_id) as tx:
        tool = tx.row
        if body.refuse:
            raise RefusedOnRequest
        step = TOOL.step(tool, "lend" if tool.state == "idle" else "take_back", caller)
        tx.move(tool, step, reason=db.request_id, **({"title": body.title} if body.title else {}))
        tx.tell(tool, ToolMoved(state=tool.state))
        tx.tell(tool, ToolTouched())
        return tx.answer(ToolView.of(tool))


@router.post("/tools/{tool_id}/lend", may=HANDLE)
async def lend(tool_id: UUID, caller: Caller, db: Db) -> ToolView:
    """Lend it; one that is lent cannot be."""
    async with db.command(caller, tools, tool_id) as tx:
        tx.move(tx.row, TOOL.step(tx.row, "lend", caller), reason=db.request_id)
        tx.tell(tx.row, ToolMoved(state=tx.row.state))
        return tx.answer(ToolView.of(tx.row))


@router.post("/tools/{tool_id}/service", may=HANDLE)
async def service(tool_id: UUID, caller: Caller, db: Db) -> PartsView:
    """Turn every part once, and put in the next one while there is room."""
    async with db.command(caller, tools, tool_id) as tx:
        there = await tx.children(parts)
        for part in there:
            tx.update(part, turns=part.turns + 1)
        if len(there) < PARTS_MAX:
            there.append(tx.insert(parts, tool_id=tool_id, slot=len(there), turns=0))
        tx.move(tx.row, TOOL.step(tx.row, "service", caller), reason=db.request_id)
        tx.tell(tx.row, ToolTouched())
        return tx.answer(PartsView.of(tx.row, turns=[part.turns for part in there]))


@router.post("/tools/{tool_id}/lend_with_deposit", may=HANDLE)
async def lend_with_deposit(tool_id: UUID, body: Deposit, caller: Caller, db: Db) -> ToolView:
    """Lend it, and put minutes of an account into it."""
    async with db.command(caller, (tools, tool_id), (accounts, body.account_id)) as tx:
        tx.move(tx.row, TOOL.step(tx.row, "lend", caller), reason=db.request_id)
        tx.update(tx.row, deposit_minutes=tx.row.deposit_minutes + body.minutes)
        pay(tx, tx[accounts, body.account_id], -body.minutes)
        tx.tell(tx.row, ToolMoved(state=tx.row.state))
        return tx.answer(ToolView.of(tx.row))


@router.post("/transfers", may=HANDLE, status_code=201)
async def transfer(body: Transfer, caller: Caller, db: Db) -> PaidView:
    """Give minutes of one account to another."""
    async with db.command(caller, (accounts, body.source_id), (accounts, body.target_id)) as tx:
        source, target = tx[accounts, body.source_id], tx[accounts, body.target_id]
        if source.minutes < body.minutes and not body.unchecked:
            raise NotEnough
        pay(tx, source, -body.minutes)
        pay(tx, target, body.minutes)
        tx.record(source, "transfer", reason=db.request_id)
        return tx.answer(PaidView(source_minutes=source.minutes, target_minutes=target.minutes))


@router.post("/members", may=HANDLE, status_code=201)
async def join(body: Join, caller: Caller, db: Db) -> MemberView:
    """Become a member."""
    async with db.command(caller) as tx:
        member = tx.create(members, None, area_code=AREA, **dict(body))
        tx.tell(member, MemberJoined())
        return tx.answer(MemberView.of(member))


@router.post("/members/find", may=HANDLE)
async def find(body: Find, caller: Caller, db: Db) -> Members:
    """Find members by their telephone number."""
    rows = await db.fetch(select(members).where(within(members, caller), found_by(members.c.phone, body.phone, db)))
    return Members(items=[MemberView.of(row) for row in rows])


@router.get("/members/{member_id}", may=HANDLE)
async def get_member(member_id: UUID, caller: Caller, db: Db) -> MemberView:
    """Return a member."""
    return MemberView.of(await one(db, caller, members, member_id))


@router.patch("/members/{member_id}", may=HANDLE)
async def move_house(member_id: UUID, body: Join, caller: Caller, db: Db) -> MemberView:
    """Take down what changed."""
    async with db.command(caller, members, member_id) as tx:
        tx.update(tx.row, **dict(body))
        tx.record(tx.row, "move_house")
        return tx.answer(MemberView.of(tx.row))


def pay(tx: Command, account: Row, minutes: int) -> None:
    """Book minutes into an account that the command holds."""
    tx.update(account, minutes=account.minutes + minutes)
    tx.insert(
        entries,
        account_id=account.id,
        version=account.version,
        request_id=tx.db.request_id,
        minutes=minutes,
        balance_minutes=account.minutes,
    )


TOOLSHED: Final = Service(
    name="toolshed",
    title="Toolshed",
    routers=[router],
    consumer=Consumer("toolshed"),
    presets=PRESETS,
    tables=metadata,
    versions=Path(__file__).parent / "no_versions",  # its tables are made at once, below
    constraints=CONSTRAINTS,
)


async def make_tables(url: str) -> None:
    """Make the plumbing and the toolshed's own tables in an empty database."""
    await migrations.upgrade(TOOLSHED, url)
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
    finally:
        await engine.dispose()


@asynccontextmanager
async def served(
    database: Database, role: str = "town_acceptor", *, subject: str = "clerk", area: str = "990101"
) -> AsyncIterator[httpx2.AsyncClient]:
    """Serve the toolshed over HTTP to one person."""
    issuer = Issuer.fresh()
    headers = {"Authorization": f"Bearer {issuer.token(subject, [role], [area])}", "Accept-Language": "en"}
    app = App(TOOLSHED.all_routers())
    app.state.service = Running(database, Tokens(ISSUER, jwks=issuer.jwks()), None)  # type: ignore[arg-type]
    base_url = "http://shed/toolshed/v1"
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=base_url, headers=headers) as client:
        yield client


def settings(folder: Path, url: str, nats_url: str, issuer: Issuer) -> Settings:
    """Return what the toolshed needs to run as a service does; its keys are kept in a folder."""
    make_keys(folder / "keys")
    (folder / "jwks").write_text(issuer.jwks())
    return Settings(
        database_url=url,
        nats_url=nats_url,
        keys_file=folder / "keys",
        issuer=ISSUER,
        jwks_file=folder / "jwks",
        development=True,
    )


def opened(url: str, **how: Any) -> Database:
    """Return the toolshed's database, as one process would have it."""
    return Database(url, Seal({1: bytes(32)}), CONSTRAINTS, presets=PRESETS, **how)


async def done(work: Work, block: Callable[[], Awaitable[Any]]) -> Any:
    """Run a block that has one command, again while things move, as the edge does."""

    async def run() -> Any:
        work.start_over()
        return await block()

    return await again(run)


def work(database: Database, **how: Any) -> Work:
    """Return a piece of work; `key="k-1"` makes it happen once."""
    return Work(database, **{"scope": "test", "key": None, "request_id": "r-1", **how})


async def a_tool(database: Database, **how: Any) -> UUID:
    return (await bring(Bring(**how), CLERK, work(database))).id


async def a_member(database: Database, **more: Any) -> Row:
    known = {
        "name": PersonName("张三丰"),
        "phone": Phone("13800138000"),
        "address": AddressDetail("示例县城关镇幸福里3栋502室"),
    }
    async with work(database).command(CLERK) as tx:
        return tx.create(members, None, area_code=AREA, **{**known, **more})


async def a_friend(database: Database, member_id: UUID) -> Row:
    async with work(database).command(CLERK, members, member_id) as tx:
        return tx.insert(friends, member_id=member_id, phone=Phone("13600136000"))


async def an_account(database: Database, minutes: int) -> UUID:
    async with work(database).command(CLERK) as tx:
        return tx.create(accounts, None, area_code=AREA, minutes=minutes).id


async def turned(database: Database, tool_id: UUID, **how: Any) -> ToolView:
    db = work(database)
    return await done(db, lambda: turn(tool_id, Turn(**how), CLERK, db))
