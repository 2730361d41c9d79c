"""Many reports at once: batches of a thousand through HTTP, against pgbench writing the same rows one report at a time."""

from dataclasses import replace

import orjson
from generators import Requests, Sample, duel, http
from harness import Truth, house
from report import GRIDS, PATH, Reporting, body
from results import Answer, rates

_A_BATCH = 1_000
_BATCHES = 20
_CONNECTIONS = 2
_OF_EACH_REPORT = ("incident", "history", "clock", "audit", "outbox", "published")


async def ask(rounds: int, seconds: float) -> list[Answer]:
    """Measure reports a second in batches of a thousand, against pgbench with 32 clients."""
    async with house() as place:
        reporting = await Reporting(place).prepare()
        requests = Requests.write(place, "bulk", [(f"{PATH}/batch", _batch(number)) for number in range(_BATCHES)])
        counts = {table: f"SELECT count(*) / {_A_BATCH} FROM {table}" for table in _OF_EACH_REPORT}
        truth = Truth(reporting.incidents, command_key="SELECT count(*) FROM command_key", **counts)

        async def ours(seconds: float) -> Sample:
            await truth.look()
            sample = await http(place, reporting.server, requests, seconds, _CONNECTIONS)
            await truth.check(sample.done, _CONNECTIONS)
            each = {"app_us": sample.app_us / _A_BATCH, "postgres_us": sample.postgres_us / _A_BATCH}
            return replace(sample, done=sample.done * _A_BATCH, rate=sample.rate * _A_BATCH, **each)

        theirs, own = await duel(reporting.peer, ours, rounds, seconds)
    return [rates("reports committed in batches of 1,000", "pgbench, 32 clients, one report each", theirs, own, 3.0)]


def _batch(number: int) -> str:
    reports = [orjson.loads(body((number * _A_BATCH + place) % GRIDS)) for place in range(_A_BATCH)]
    return orjson.dumps({"reports": reports}).decode()
