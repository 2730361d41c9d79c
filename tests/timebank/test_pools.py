"""When a public pool says that little is left of what it usually gives."""

import uuid
from collections.abc import AsyncIterator

import pytest

from gridwhistle.common import migrations
from gridwhistle.common.database import Db
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.timebank import accounts as books
from gridwhistle.timebank.app import TIMEBANK
from gridwhistle.timebank.domain import Facts
from gridwhistle.timebank.ledger import Posting, account_in, account_of, post
from gridwhistle.timebank.pools import look_at_pools
from gridwhistle.timebank.tables import accounts
from tests.conftest import Loop
from tests.timebank.station import CLERK, Station, a_station

LOW = "account.pool_low"


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("pools"))
    background.run(migrations.upgrade(TIMEBANK, postgres.url("pools")))
    return postgres.url("pools")


@pytest.fixture
async def station(database_url: str) -> AsyncIterator[Station]:
    async with a_station(database_url) as station:
        yield station


class Pool:
    """A community's pool, and somebody whose services it pays for."""

    def __init__(self, station: Station, **sides: Facts) -> None:
        self.station, self.sides = station, sides

    @classmethod
    async def opened(cls, station: Station) -> "Pool":
        place, who, sides = f"990101{uuid.uuid4().int % 10**6:06}", await station.register(), {}
        for kind in ("issuance", "pool", "pool_hold"):
            account = books.NewAccount(kind=kind, area_code=place)  # type: ignore[arg-type]
            await station.do(lambda db, account=account: books.open_account(account, CLERK, db))  # type: ignore[misc]
            sides[kind] = await station.do(lambda db, kind=kind: account_in(db, place, kind))  # type: ignore[misc]
        sides["person"] = await station.do(lambda db: account_of(db, uuid.UUID(who.id), "personal_available"))
        return cls(station, **sides)

    async def move(self, *ways: tuple[str, str, str, int]) -> None:
        """Post: of which type, from where to where, how much."""
        given = [Posting(kind, self.sides[source], self.sides[target], minutes) for kind, source, target, minutes in ways]  # type: ignore[arg-type]

        async def work(db: Db) -> None:
            async with db.command(CLERK) as tx:
                post(tx, [one for one in given if one.minutes])

        await self.station.do(work)

    async def gives(self, minutes: int) -> None:
        await self.move(("hold", "pool", "pool_hold", minutes), ("capture", "pool_hold", "person", minutes))

    async def told(self) -> list[str]:
        await look_at_pools(self.station.processes[0])
        return await self.station.told_of(self.sides["pool"].id)


@pytest.mark.parametrize(
    ("used", "low"),
    [
        pytest.param(1, False, id="nearly all is left"),
        pytest.param(833, False, id="a fifth is left of what was given"),
        pytest.param(834, True, id="a minute less"),
        pytest.param(1_000, True, id="nothing"),
    ],
)
@pytest.mark.anyio
async def test_a_pool_with_less_than_a_fifth_of_what_it_gave_is_low(station: Station, used: int, low: bool) -> None:
    pool = await Pool.opened(station)
    await pool.move(("grant", "issuance", "pool", 1_000))
    await pool.gives(used)

    assert await pool.told() == [LOW] * low


@pytest.mark.anyio
async def test_a_pool_that_gave_nothing_is_not_low(station: Station) -> None:
    pool = await Pool.opened(station)
    await pool.move(("grant", "issuance", "pool", 100), ("hold", "pool", "pool_hold", 100))
    await pool.move(("release", "pool_hold", "pool", 90))

    assert await pool.told() == []


@pytest.mark.anyio
async def test_a_low_pool_says_so_once_until_it_is_filled(station: Station) -> None:
    pool = await Pool.opened(station)
    await pool.move(("grant", "issuance", "pool", 100))
    await pool.gives(90)

    twice = [await pool.told() for _ in range(2)]
    since = (await station.row(accounts, pool.sides["pool"].id)).low_at
    await pool.move(("grant", "issuance", "pool", 1_000))
    filled = await pool.told(), (await station.row(accounts, pool.sides["pool"].id)).low_at
    await pool.gives(1_000)

    assert twice == [[LOW], [LOW]]
    assert since is not None
    assert filled == ([LOW], None)
    assert await pool.told() == [LOW, LOW]
