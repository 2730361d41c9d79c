"""Reports committed through HTTP, and how long one client waits for one."""

import statistics
from functools import partial

import asyncpg
import orjson
from generators import CLIENTS, Requests, Sample, duel, http, pgbench
from harness import HERE, House, Server, Truth, house, same_rows
from results import Answer, as_rounds, rates

from gridwhistle.incidents.app import INCIDENTS

GRIDS = 5_000
SPOTS = 25
"""In each grid, 200 m apart: few reports of a run are near another one, as few are on a real day."""
PATH = "/incidents/v1/incidents"
_WRITTEN = ("incident", "history", "clock", "audit", "outbox", "command_key", "published")
_OF_ONE_REPORT = ("incident", "history", "clock", "audit", "outbox", "command_key")


class Reporting:
    """A house where reports are taken in through HTTP, and a database of the same tables where the peer writes the same."""

    def __init__(self, place: House) -> None:
        self.house = place
        self.incidents: asyncpg.Connection
        self.peers: asyncpg.Connection
        self.server: Server
        self._runs = 0

    async def prepare(self) -> "Reporting":
        """Make both databases, with 5,000 grids, and start the service."""
        self.incidents = await self.house.database("incidents", INCIDENTS)
        self.peers = await self.house.database("peer", INCIDENTS)
        await self.incidents.execute((HERE / "sql" / "grids.sql").read_text())
        self.server = await self.house.serve("gridwhistle.incidents.app:create", "incidents")
        places = ((grid, spot) for grid in range(GRIDS) for spot in range(SPOTS))
        self._requests = Requests.write(self.house, "report", [(PATH, body(grid, spot)) for grid, spot in places])
        self._truth = Truth(self.incidents, **{table: f"SELECT count(*) FROM {table}" for table in _WRITTEN})
        return self

    async def peer(self, seconds: float, *, clients: int = CLIENTS) -> Sample:
        """Let pgbench write what reports write."""
        self._runs += 1
        return await pgbench(self.house, "peer", "report.sql", seconds, clients, run=self._runs, n=0)

    async def ours(self, seconds: float, *, connections: int = CLIENTS) -> Sample:
        """Report through HTTP, and look whether all is there that should be."""
        await self._truth.look()
        sample = await http(self.house, self.server, self._requests, seconds, connections)
        await self._truth.check(sample.done, connections)
        return sample

    async def compare(self) -> None:
        """Make sure that the peer writes the same rows."""
        await same_rows(self.peers, self.incidents, *_OF_ONE_REPORT)


def body(grid: int, spot: int = 12) -> str:
    """Return the report of a day, at one of the grid's spots."""
    location = {
        "lon": round(120.001 + grid % 100 * 0.01 + spot % 5 * 0.002, 3),
        "lat": round(30.001 + grid // 100 * 0.01 + spot // 5 * 0.002, 3),
        "address_text": "示例路 12 号",
    }
    report = {
        "title": f"井盖缺失 {grid:04}",
        "description": "路口东侧",
        "source": "hotline_12345",
        "location": location,
    }
    return orjson.dumps(report).decode()


async def ask(rounds: int, seconds: float) -> list[Answer]:
    """Measure reports a second over 32 connections, against pgbench with as many clients."""
    async with house() as place:
        reporting = await Reporting(place).prepare()
        theirs, own = await duel(reporting.peer, reporting.ours, rounds, seconds)
        await reporting.compare()
    return [rates("reports committed, 32 connections", "pgbench, 32 clients, the same rows", theirs, own, 1.0)]


async def ask_one(rounds: int, seconds: float) -> list[Answer]:
    """Measure what one client waits for one report, against pgbench with one client."""
    async with house() as place:
        reporting = await Reporting(place).prepare()
        peer, ours = partial(reporting.peer, clients=1), partial(reporting.ours, connections=1)
        theirs, own = await duel(peer, ours, rounds, seconds)
        await reporting.compare()
    waits = [statistics.median(sample.p50_ms or 0.0 for sample in side) for side in (own, theirs)]
    return [
        Answer(
            "one client waits for a report, p50",
            waits[0],
            "ms",
            "pgbench, 1 client, the same rows",
            waits[1],
            2.5,
            more_is_better=False,
            rounds=as_rounds(theirs, own),
        )
    ]
