"""Disputes registered through HTTP, each with two parties whose names, phones and words are sealed, against plain reports."""

import orjson
from generators import CLIENTS, Requests, Sample, duel, http
from harness import COUNTY, Truth, house
from report import Reporting
from results import Answer, rates

from gridwhistle.mediation.app import MEDIATION

_PATH = "/mediation/v1/cases"
_TABLES = ("history", "clock", "audit", "outbox", "command_key", "published")
_DISPUTE = {
    "source": "application",
    "area_code": f"{COUNTY}001001",
    "facts": {"dispute_type": "D02", "brief": "楼上漏水,双方争执"},
    "parties": [
        {"side": "applicant", "name": "赵示例", "phone": "13900000001"},
        {"side": "respondent", "name": "钱示例", "phone": "13900000002"},
    ],
}
_PAIRS = "SELECT count(*) / 2 FROM party WHERE name IS NOT NULL AND phone IS NOT NULL"


async def ask(rounds: int, seconds: float) -> list[Answer]:
    """Measure registrations a second over 32 connections, against reports taken in by a process like it in the same house."""
    async with house() as place:
        reporting = await Reporting(place).prepare()
        mediation = await place.database("mediation", MEDIATION)
        server = await place.serve("gridwhistle.mediation.app:create", "mediation")
        token = place.issuer.token("bench", ["mediation_chair"], [COUNTY])
        requests = Requests.write(place, "cases", [(_PATH, orjson.dumps(_DISPUTE).decode())], token=token)
        counts = {table: f"SELECT count(*) FROM {table}" for table in _TABLES}
        truth = Truth(mediation, cases='SELECT count(*) FROM "case"', pairs=_PAIRS, **counts)

        async def ours(seconds: float) -> Sample:
            await truth.look()
            sample = await http(place, server, requests, seconds)
            await truth.check(sample.done, CLIENTS)
            return sample

        theirs, own = await duel(reporting.ours, ours, rounds, seconds)
    return [rates("disputes registered, both parties sealed", "reports through HTTP, which seal nothing", theirs, own, 0.4)]
