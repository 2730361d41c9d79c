"""Everybody at one row, against everybody at rows of their own; nobody is refused."""

from functools import partial
from uuid import UUID

from generators import CLIENTS, Requests, Sample, duel, http
from harness import Truth, house
from hot_service import HOT, counters
from results import Answer, rates
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

_SPREAD = 10_000


async def ask(rounds: int, seconds: float) -> list[Answer]:
    """Measure commands a second on one row, against the same commands on 10,000 rows."""
    async with house() as place:
        database = await place.database("hot", HOT)
        await database.execute(str(CreateTable(counters).compile(dialect=postgresql.dialect())))
        ids = [UUID(int=number) for number in range(_SPREAD)]
        await database.execute(
            "INSERT INTO counter (id, version, event_no, area_code, raised) SELECT unnest($1::uuid[]), 1, 0, '990101001001', 0",
            ids,
        )
        await database.execute("VACUUM ANALYZE counter")
        server = await place.serve("hot_service:create", "hot")
        lines = [(f"/hot/v1/counters/{counter_id}/raise", '{"by":1}') for counter_id in ids]
        spread = Requests.write(place, "spread", lines)
        one = Requests.write(place, "one", lines[:1])
        tables = ("audit", "outbox", "command_key", "published")
        truth = Truth(
            database,
            raised="SELECT sum(raised) FROM counter",
            versions="SELECT sum(version) FROM counter",
            **{table: f"SELECT count(*) FROM {table}" for table in tables},
        )

        async def load(requests: Requests, seconds: float) -> Sample:
            await truth.look()
            sample = await http(place, server, requests, seconds)
            await truth.check(sample.done, CLIENTS)
            return sample

        theirs, own = await duel(partial(load, spread), partial(load, one), rounds, seconds)
    return [rates("commands on one hot row, none refused", "the same on 10,000 rows", theirs, own, 0.4)]
