"""The time bank's database as several processes have it, for tests that look at who comes first and what happens by itself."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from gridwhistle.common.again import again
from gridwhistle.common.database import Database, Db
from gridwhistle.common.principal import Principal, system
from gridwhistle.common.problems import Problem
from gridwhistle.common.reasons import Remark
from gridwhistle.common.sealing import Seal
from gridwhistle.common.tables import outbox
from gridwhistle.timebank import accounts, claiming, offering, ordering, participants
from gridwhistle.timebank.app import TIMEBANK
from gridwhistle.timebank.domain import ACCOUNT
from gridwhistle.timebank.ledger import Posting, account_in, account_of, post
from gridwhistle.timebank.order_states import CLAIM, ORDER
from gridwhistle.timebank.participant_states import PARTICIPANT
from gridwhistle.timebank.transfer_states import TRANSFER

AREA = "990101001001"
CLERK = Principal("clerk", frozenset({"station_clerk", "timebank_admin"}), ("990101",))
AUTO = {**ORDER.auto, **CLAIM.auto, **PARTICIPANT.auto, **ACCOUNT.auto, **TRANSFER.auto}


@dataclass
class Station:
    """The time bank's database, as two processes have it."""

    processes: list[Database]

    async def do(
        self, work: Callable[[Db], Awaitable[Any]], process: int = 0, as_of: dt.datetime | None = None, key: str | None = None
    ) -> Any:
        """Do something as a request of a process; return its answer, or the code of its refusal."""
        db = Db(self.processes[process], scope="test", key=key, request_id="r-1", as_of=as_of)

        async def run() -> Any:
            db.start_over()
            return await work(db)

        try:
            return await again(run)
        except Problem as refusal:
            return refusal.code

    async def register(self) -> Principal:
        body = participants.NewParticipant.model_validate(
            {
                "kind": "both",
                "area_code": AREA,
                "name": "王芳",
                "phone": "13800138000",
                "real_name_token": f"rn-{uuid.uuid4()}",
                "birth_year": 1960,
                "insured_until": "2199-01-01",
            }
        )
        made = await self.do(lambda db: participants.register_participant(body, CLERK, db))
        return Principal(str(made.id), frozenset({"volunteer"}), ("990101",))

    async def give(self, who: Principal, minutes: int) -> None:
        """Bring minutes in that somebody saved elsewhere."""

        async def work(db: Db) -> None:
            source = await account_in(db, "990101000000", "clearing")
            target = await account_of(db, uuid.UUID(who.id), "personal_available")
            async with db.command(CLERK) as tx:
                post(tx, [Posting("import", source, target, minutes)])

        await self.do(work)

    async def open_order(self, places: int, kind: str = "public", elder: Principal | None = None, **more: Any) -> uuid.UUID:
        begins = dt.datetime.now(dt.UTC) + dt.timedelta(hours=5)
        given = {"agreed_minutes": 60, **more}
        body = ordering.NewOrder(
            kind=kind,  # type: ignore[arg-type]
            service_code="errands",
            beneficiary_id=elder and uuid.UUID(elder.id),
            area_code=AREA,
            start_at=begins,
            end_at=begins + dt.timedelta(hours=2),
            people_needed=places,
            **given,
        )
        made = await self.do(lambda db: ordering.request_order(body, CLERK, db))
        if kind == "ordinary":
            await self.do(lambda db: ordering.publish(made.id, Remark(), CLERK, db))
        id_: uuid.UUID = made.id
        return id_

    async def claim(self, order_id: uuid.UUID, who: Principal, process: int = 0) -> Any:
        return await self.do(lambda db: claiming.claim(order_id, who, db), process)

    async def fire(self, table: Any, id_: uuid.UUID, key: str, process: int = 0) -> Any:
        """Let a clock be due, as its loop would find it."""

        async def work(db: Db) -> None:
            async with db.command(system("timebank"), table, id_) as tx:
                for clock in await tx.clocks.of(tx.row):
                    if clock.rule_key == key and clock.stopped_at is None:
                        await TIMEBANK.on_clock[key](tx, tx.row, clock, 100)
                        if key in AUTO:
                            tx.clocks.stop(tx.row, key)

        return await self.do(work, process)

    async def told_of(self, thing_id: uuid.UUID) -> list[str]:
        """Return what was told of a thing, in its order: `account.frozen`."""
        told = select(outbox.c.subject).where(outbox.c.aggregate_id == thing_id).order_by(outbox.c.event_no)
        return [".".join(row.subject.split(".")[3:5]) for row in await self.do(lambda db: db.fetch(told))]

    async def row(self, table: Any, id_: uuid.UUID) -> Any:
        return await self.do(lambda db: db.first(table.select().where(table.c.id == id_)))


@asynccontextmanager
async def a_station(url: str) -> AsyncIterator[Station]:
    """Open a station with a kind of service, as two processes have it."""
    tables = list(TIMEBANK.tables.tables.values())
    async with AsyncExitStack() as stack:
        processes = [
            Database(url, Seal({1: bytes(32)}), TIMEBANK.constraints, presets=TIMEBANK.presets, tables=tables) for _ in range(2)
        ]
        for process in processes:
            await stack.enter_async_context(process.connected())
        station = Station(processes)
        kind = offering.NewServiceKind(service_code="errands", area_code="990101000000", name="代办")
        await station.do(lambda db: offering.add_service_kind(kind, CLERK, db))
        for name in ("issuance", "pool", "pool_hold", "clearing"):
            account = accounts.NewAccount(kind=name, area_code="990101000000")  # type: ignore[arg-type]
            await station.do(lambda db, account=account: accounts.open_account(account, CLERK, db))  # type: ignore[misc]
        yield station
