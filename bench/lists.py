"""Lists of incidents at a million of them: every pair of filters against a limit, a page against the same of few."""

import datetime as dt
import itertools
import json
import statistics
from functools import partial
from typing import Any, Final

import asyncpg
from generators import Requests, Sample, duel, http, pgbench
from harness import HERE, House, Server, house
from results import Answer, as_rounds, rates
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from gridwhistle.common.ids import prefix_of
from gridwhistle.common.jurisdiction import in_areas, within
from gridwhistle.common.principal import Principal
from gridwhistle.incidents.app import INCIDENTS
from gridwhistle.incidents.lists import NEWEST, IncidentQuery, asked
from gridwhistle.incidents.tables import incidents

MANY, FEW = 1_000_000, 10_000
LIMIT_MS: Final = 2.0
_LOOKS = 3
_CALLER: Final = Principal("bench", frozenset({"county_admin"}), ("990101",))
_FILTERS: Final[dict[str, list[dict[str, Any]]]] = {
    "area": [
        {"area_code": "990101000000"},
        {"area_code": "990101003000"},
        {"area_code": "990101003004"},
        {"grid_code": "990101003004005"},
    ],
    "state": [{"state": "in_progress"}, {"state": "reported"}, {"state": "closed"}],
    "category": [{"category": "E-0100"}, {"category": "E-0150"}, {"category": "E-0197"}],
    "overdue": [{"overdue": True}],
    "organisation": [{"lead_org": "990101-org-00"}, {"lead_org": "990101-org-30"}, {"lead_org": "990101-org-59"}],
}
_DAYS_AGO: Final = (3, 30, 400)


async def ask(rounds: int, seconds: float) -> list[Answer]:
    """Measure pairs of filters, a page over HTTP at both sizes, and a page against pgbench asking the same."""
    async with house() as place:
        many_db, few_db = await place.database("many", INCIDENTS), await place.database("few", INCIDENTS)
        for database, number in ((many_db, MANY), (few_db, FEW)):
            await database.execute((HERE / "sql" / "listed.sql").read_text().replace("$1", str(number)))
            await database.execute("VACUUM ANALYZE incident, clock")
        pairs = await _every_pair(many_db)
        few = await place.serve("gridwhistle.incidents.app:create", "few")
        many = await place.serve("gridwhistle.incidents.app:create", "many")
        lines = [(f"/incidents/v1/incidents?area_code=99010100{town}000&state=in_progress", "") for town in range(1, 7)]
        requests = Requests.write(place, "list", lines)
        one = partial(_one_client, place, requests)
        short, long = await duel(partial(one, few), partial(one, many), rounds, seconds)
        peer, ours = await duel(
            lambda seconds: pgbench(place, "many", "list.sql", seconds),
            lambda seconds: http(place, many, requests, seconds),
            rounds,
            seconds,
        )
    return [
        pairs,
        Answer(
            "a page of a list at 1,000,000, p50",
            statistics.median(sample.p50_ms or 0 for sample in long),
            "ms",
            "the same at 10,000",
            statistics.median(sample.p50_ms or 0 for sample in short),
            1.5,
            more_is_better=False,
            rounds=as_rounds(short, long),
        ),
        rates("pages of a list", "pgbench, 32 clients, the same query", peer, ours, 0.25),
    ]


async def _one_client(place: House, requests: Requests, server: Server, seconds: float) -> Sample:
    return await http(place, server, requests, seconds, connections=1)


async def _every_pair(database: "asyncpg.Connection[Any]") -> Answer:
    """Look at each pair of filters a few times as the database runs it; the slowest is the figure."""
    now = dt.datetime.now(dt.UTC)
    days = [now - dt.timedelta(days=ago) for ago in _DAYS_AGO]
    times = [{"reported_from": day, "reported_before": day + dt.timedelta(days=2)} for day in days]
    kinds: list[list[dict[str, Any]]] = [*_FILTERS.values(), times]
    pairs = [{**one, **other} for some, others in itertools.combinations(kinds, 2) for one in some for other in others]
    took_ms = {str(pair): await _took_ms(database, IncidentQuery(**pair)) for pair in pairs}
    slowest = max(took_ms, key=took_ms.__getitem__)
    return Answer(
        f"the slowest of {len(pairs)} pairs of filters, in PostgreSQL",
        took_ms[slowest],
        "ms",
        "limit",
        LIMIT_MS,
        1.0,
        more_is_better=False,
        rounds={"slowest": slowest, "median_ms": statistics.median(took_ms.values()), "pairs": took_ms},
    )


async def _took_ms(database: "asyncpg.Connection[Any]", query: IncidentQuery) -> float:
    area = [in_areas(incidents, [prefix_of(query.area_code)])] if query.area_code else []
    statement = NEWEST.page(select(incidents).where(within(incidents, _CALLER), *asked(query), *area), query)
    words = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
    plans = [json.loads(await database.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {words}")) for _ in range(_LOOKS)]
    return float(statistics.median(plan[0]["Execution Time"] for plan in plans))
