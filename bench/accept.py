"""An ordinary change of state under a key: accepting incidents, each one once."""

from generators import CLIENTS, WARM_UP_S, Requests, Sample, duel, http, pgbench
from harness import HERE, NotTrue, Truth, house, same_rows
from results import Answer, rates

from gridwhistle.incidents.app import INCIDENTS

_FASTEST = 8_000
"""More a second than either side can accept, so that the incidents last."""
_ACCEPTED = "SELECT count(*) FROM incident WHERE state = 'accepted'"
_LAST = "SELECT coalesce(right(max(incident_no), 9)::int, 0) FROM incident WHERE state = 'accepted'"


async def ask(rounds: int, seconds: float) -> list[Answer]:
    """Measure acceptances a second over 32 connections, against pgbench with as many clients."""
    incidents_max = int((rounds * seconds + WARM_UP_S) * _FASTEST)
    async with house() as place:
        ours_db, peer_db = await place.database("incidents", INCIDENTS), await place.database("peer", INCIDENTS)
        for database in (ours_db, peer_db):
            await database.execute((HERE / "sql" / "grids.sql").read_text())
            await database.fetch((HERE / "sql" / "reported.sql").read_text(), incidents_max)
            await database.execute("VACUUM ANALYZE incident, clock")
        server = await place.serve("gridwhistle.incidents.app:create", "incidents")
        lines = ((f"/incidents/v1/incidents/{_id(number)}/accept", "{}") for number in range(1, incidents_max + 1))
        requests = Requests.write(place, "accept", lines, "once")
        tables = ("history", "clock", "audit", "outbox", "command_key", "published")
        truth = Truth(ours_db, accepted=_ACCEPTED, **{table: f"SELECT count(*) FROM {table}" for table in tables})

        async def peer(seconds: float) -> Sample:
            before, start = await peer_db.fetchval(_ACCEPTED), await peer_db.fetchval(_LAST)
            sample = await pgbench(place, "peer", "accept.sql", seconds, start=start, n=0)
            if (accepted := await peer_db.fetchval(_ACCEPTED) - before) != sample.done:
                raise NotTrue(f"pgbench ran {sample.done} transactions, but accepted {accepted} incidents")
            return sample

        async def ours(seconds: float) -> Sample:
            await truth.look()
            sample = await http(place, server, requests, seconds)
            await truth.check(sample.done, CLIENTS)
            return sample

        theirs, own = await duel(peer, ours, rounds, seconds)
        await same_rows(peer_db, ours_db, "incident", *tables[:-1])
    return [rates("incidents accepted under a key", "pgbench, 32 clients, the same rows", theirs, own, 0.6)]


def _id(number: int) -> str:
    """Return the id of an incident of bench/sql/reported.sql; digits alone make a valid one."""
    return str(10**18 + number) + "7000000000000"
