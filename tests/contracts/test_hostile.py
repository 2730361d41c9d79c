"""Hostile callers: whatever they send is refused in a few words, repeated nowhere, and changes nothing that it may not.

20,000 requests made from the OpenAPI document go over real connections to the running suite (2,000 in the short run). A
failure prints the seed and the request.
"""

import asyncio
import logging
import re
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import orjson
import psutil
import pytest

from gridwhistle.common.principal import APART
from gridwhistle.standalone.services import KINDS
from tests.conftest import Loop, RunningSuite
from tests.contracts.hostile import Attacker, Request, changed, places
from tests.system import asked_of_alerts, asked_of_mediation, asked_of_responses, asked_of_stock, asked_of_timebank

ANSWER_BYTES_MAX = 64 * 1024
MEMORY_MAX = 50 * 1024 * 1024
CONNECTIONS = 4
WARM = 500
SUBJECT = re.compile(r"gw\.[0-9]{6}(\.[a-z0-9_-]+){3}\.v[0-9]+")


@dataclass
class Answer:
    status: int
    head: bytes
    body: bytes


@dataclass
class Line:
    """One connection, opened again whenever the server has closed it."""

    host: str
    port: int
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: Request, token: str) -> Answer:
        """Send a request and read its answer, or raise when there is none within 30 seconds."""
        for _ in range(2):  # a connection that was closed while idle is no answer
            fresh = self.streams is None
            self.streams = self.streams or await asyncio.open_connection(self.host, self.port)
            try:
                async with asyncio.timeout(30):
                    return await self._exchange(request.wire(token), head_only=request.method == "HEAD")
            except (OSError, asyncio.IncompleteReadError) as error:
                if fresh and not isinstance(error, asyncio.IncompleteReadError):
                    raise
                await self.close()
        raise AssertionError(f"no answer to {request}")

    async def _exchange(self, raw: bytes, *, head_only: bool) -> Answer:
        assert self.streams is not None
        reader, writer = self.streams
        sending = asyncio.create_task(self._send(writer, raw))
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"\r\ncontent-length: ?([0-9]+)\r\n", head.lower())
            body = await (reader.readexactly(int(length[1])) if length and not head_only else reader.read(0))
        finally:
            finished = sending.done()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        if not finished or b"connection: close" in head.lower():
            await self.close()
        return Answer(int(head[9:12]), head, body)

    @staticmethod
    async def _send(writer: asyncio.StreamWriter, raw: bytes) -> None:
        writer.write(raw)
        await writer.drain()

    async def close(self) -> None:
        """Hang up."""
        if self.streams:
            self.streams[1].close()
            self.streams = None


@dataclass
class Judge:
    """Looks at every answer, and counts."""

    statuses: Counter[int] = field(default_factory=Counter)
    attacks: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def look(self, request: Request, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        self.attacks[request.what] += 1
        marker = request.marker.encode()
        refused = answer.status >= 400
        if answer.status >= 500:
            self._say(request, answer, "5xx")
        if refused and (marker in answer.body or marker in answer.head):
            self._say(request, answer, "an echo")
        if (
            refused
            and answer.body
            and b"application/problem+json" not in answer.head
            and b"Invalid HTTP request" not in answer.body
        ):
            self._say(request, answer, "no problem document")
        # A list that was asked for may be long; what else is said is short.
        if len(answer.body) > ANSWER_BYTES_MAX and (refused or request.method != "GET"):
            self._say(request, answer, f"{len(answer.body)} bytes")

    def __str__(self) -> str:
        return (
            f"{sum(self.statuses.values())} requests: {dict(sorted(self.statuses.items()))}; {dict(self.attacks.most_common())}"
        )

    def _say(self, request: Request, answer: Answer, what: str) -> None:
        sent = request.wire("token")[:500]
        self.faults.append(
            f"{what}: {answer.status} to {request.what} on {request.operation}: {sent!r} → {answer.body[:300]!r}"
        )


class Overheard(logging.Handler):
    """Keeps what is logged, exceptions and all."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record as it would be written."""
        self.lines.append(logging.Formatter().format(record))


@pytest.fixture
def overheard() -> Iterator[list[str]]:
    handler = Overheard()
    loggers = [logging.getLogger(), logging.getLogger("uvicorn"), logging.getLogger("uvicorn.error")]
    for logger in loggers:
        logger.addHandler(handler)
    yield handler.lines
    for logger in loggers:
        logger.removeHandler(handler)


def ids_there(suite: RunningSuite, document: dict[str, Any]) -> dict[str, list[str]]:
    """Return the ids of what is there, by the name that paths and headers give them; a question is asked and answered first."""
    headers, base = {"Authorization": f"Bearer {suite.everybody()}"}, "/incidents/v1/incidents"
    question = {"title": "如何申请低保", "area_code": "990101001001", "request_type": "consult", "track": True}
    asked = suite.client.post(base, json=question, headers=headers).json()
    suite.client.post(f"{base}/{asked['id']}/accept", json={}, headers=headers)
    suite.client.post(f"{base}/{asked['id']}/answer", json={"answer": "请到社区办理"}, headers=headers).raise_for_status()
    found = {"incident_no": [asked["incident_no"]], "Tracking-Token": [asked["tracking_token"]]}
    _post_something(suite)
    asked_of_timebank.plant(suite, lambda *_: None, {}, "990101001001")
    asked_of_mediation.plant(suite, lambda *_: None, {}, "990101001001")
    asked_of_stock.plant(suite, lambda *_: None, "990101001001")
    asked_of_alerts.plant(suite, lambda *_: None, "990101001001")
    asked_of_responses.plant(suite, lambda *_: None, "990101001001")
    for path in document["paths"]:
        if (
            (match := re.fullmatch(r"(.+)/\{(\w+)\}.*", path))
            and match[2] not in found
            and "get" in document["paths"].get(match[1], {})
        ):
            items = suite.client.get(f"{match[1]}?limit=5", headers=headers).json().get("items", [])
            found[match[2]] = [item["id"] for item in items if "id" in item]
    return found


def _post_something(suite: RunningSuite) -> None:
    """Open two accounts of the time bank where nobody has frozen any, post something, and propose something."""
    headers, base = {"Authorization": f"Bearer {suite.everybody()}"}, "/timebank/v1"

    def made(path: str, content: dict[str, Any]) -> Any:
        own = {**headers, "Idempotency-Key": str(uuid.uuid4())}
        return suite.client.post(f"{base}/{path}", json=content, headers=own).raise_for_status().json()

    area_code = f"990101{uuid.uuid4().int % 10**6:06}"
    source, target = (made("accounts", {"kind": kind, "area_code": area_code})["id"] for kind in ("issuance", "pool"))
    sides = {"from_account_id": source, "to_account_id": target, "minutes": 600}
    made("grants", {**sides, "resolution_ref": "1", "reason": "年度拨付"})
    made("postings", {**sides, "type": "earn_public"})


# --- mass assignment, before the storm withdraws and freezes what it reaches -------------------------------------------------

HOSTILE_FIELDS = {
    "id": "0190c2f4-0000-7000-8000-000000000000",
    "version": 99,
    "event_no": 99,
    "state": "closed",
    "actions": ["close"],
    "roles": ["county_admin"],
    "areas": [""],
    "scope": "access:write",
    "created_at": "2020-01-01T00:00:00Z",
    "closed_at": "2020-01-01T00:00:00Z",
    "county_code": "000000",
    "reported_by": "somebody else",
    "is_admin": True,
    "__proto__": {"is_admin": True},
}


async def everything(suite: RunningSuite) -> dict[str, Any]:
    """Return a fingerprint of every table of every service; what comes and goes by itself is left out."""
    tables = await everywhere(suite, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    passing = {"waiting", "published", "command_key", "audit_seal", "audit_anchor"}
    prints = {}
    for service, rows in tables.items():
        connection = await asyncpg.connect(suite.postgres.url(service))
        for table in (row["tablename"] for row in rows if row["tablename"] not in passing):
            sql = f'SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM "{table}" AS t'
            prints[service, table] = tuple(await connection.fetchrow(sql))
        await connection.close()
    return prints


def writable(document: dict[str, Any]) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Return method, path, permission and example of every operation that takes JSON."""
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content:
                found.append((method, path, operation["x-permission"], content["example"]))
    return found


async def at_rest(suite: RunningSuite) -> dict[str, Any]:
    """Let no clock fire, wait until what was told is heard everywhere, and return the fingerprint of what stays then."""
    await everywhere(suite, "UPDATE clock SET next_at = NULL")
    new_days = "SELECT 1 FROM calendar_day WHERE applied_at IS NULL LIMIT 1"  # they are noted some seconds after they came
    before = None
    while True:
        is_resting = not any((await everywhere(suite, new_days)).values())
        now = await everything(suite)
        if is_resting and now == before:
            return now
        before = now
        await asyncio.sleep(1)


def test_no_field_that_is_not_offered_can_be_set(punchbag: RunningSuite, background: Loop) -> None:
    suite = punchbag  # its clocks may be stopped: none of them is to change anything meanwhile
    document = suite.client.get("/openapi.json").json()
    ids = ids_there(suite, document)
    before = background.run(at_rest(suite))
    taken, tried = [], 0

    for method, path, permission, example in writable(document):
        headers = {"Authorization": f"Bearer {suite.everybody(permission)}", "If-Match": '"1"'}
        headers["Tracking-Token"] = ids["Tracking-Token"][0]
        address = re.sub(r"\{(\w+)\}", lambda name: (ids.get(name[1]) or ["0190c2f4-0000-7000-8000-000000000000"])[0], path)
        objects = [(), *(place for place in places(example) if isinstance(at(example, place), dict))]
        for place in objects:
            for name, value in HOSTILE_FIELDS.items():
                if name in at(example, place):
                    continue
                body = {**example, name: value} if not place else changed(example, place, {**at(example, place), name: value})
                own = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
                answer = suite.client.request(method, address, content=orjson.dumps(body), headers={**headers, **own})
                tried += 1
                if answer.status_code != 422 or answer.json()["code"] != "not_valid":
                    taken.append((method, path, place, name, answer.status_code, answer.text[:200]))

    assert not taken
    assert tried >= len(HOSTILE_FIELDS) * len(writable(document)) - 20
    sys.stdout.write(f"{tried} fields tried\n")
    after = background.run(everything(suite))
    assert [table for table, found in after.items() if found != before[table]] == []


def at(content: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        content = content[key]
    return content


# --- the storm ---------------------------------------------------------------------------------------------------------------


async def storm(suite: RunningSuite, attacker: Attacker, count: int, judge: Judge) -> int:
    """Send requests over a few connections; return how many bytes the process grew by after it was warm."""
    where, requests, tokens = (
        urlsplit(suite.base_url),
        attacker.requests(count),
        {name: suite.everybody(name) for name in APART},
    )
    process, grown_from = psutil.Process(), 0

    async def send() -> None:
        nonlocal grown_from
        line = Line(where.hostname or "", where.port or 0)
        for request in requests:
            judge.look(request, await line.ask(request, tokens.get(request.permission, tokens[APART[0]])))
            if sum(judge.statuses.values()) == WARM:
                grown_from = process.memory_info().rss
        await line.close()

    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    return int(process.memory_info().rss) - grown_from


@pytest.mark.parametrize(
    ("count", "seed"),
    [pytest.param(2_000, 20260706, id="short"), pytest.param(20_000, 7, id="long", marks=pytest.mark.long)],
)
def test_nothing_hostile_breaks_in_or_is_repeated(
    punchbag: RunningSuite, background: Loop, overheard: list[str], count: int, seed: int
) -> None:
    document = punchbag.client.get("/openapi.json").json()
    attacker, judge = Attacker(document, ids_there(punchbag, document), seed), Judge()

    # In the suite's own loop: two threads would wait for one another at every request.
    grown = background.run(storm(punchbag, attacker, count, judge), timeout_s=900)

    told = background.run(subjects(punchbag))
    sys.stdout.write(f"seed {seed}, grown {grown / 2**20:.1f} MiB, {judge}\n")
    assert not judge.faults, f"seed {seed}: {len(judge.faults)} faults\n" + "\n".join(judge.faults[:10])
    assert not [line for line in overheard if re.search(rf"mk{seed:x}q[0-9a-f]+z", line, re.IGNORECASE)]
    assert sum(judge.statuses.values()) == count
    assert grown < MEMORY_MAX
    assert all(SUBJECT.fullmatch(subject) for subject in told)
    # The storm reached what is behind the door: some of it was well-formed and allowed.
    assert judge.statuses.keys() >= {200, 201, 400, 401, 404, 405, 409, 413, 415, 422}


REQUEST = Request("wrong_value", "POST", "/incidents/v1/incidents", "mk1q1z", "report_incident")
PROBLEM = b"HTTP/1.1 422 X\r\ncontent-type: application/problem+json\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Answer(500, PROBLEM, b"{}"), "5xx"),
        (Answer(422, PROBLEM, b'{"detail": "mk1q1z is wrong"}'), "an echo"),
        (Answer(404, PROBLEM + b"location: /mk1q1z\r\n", b"{}"), "an echo"),
        (Answer(422, b"HTTP/1.1 422 X\r\n\r\n", b"{}"), "no problem document"),
        (Answer(422, PROBLEM, b"x" * 70_000), "70000 bytes"),
        (Answer(201, b"HTTP/1.1 201 X\r\n\r\n", b"x" * 70_000), "70000 bytes"),
    ],
    ids=["5xx", "echo", "echo in a header", "no problem", "a fat refusal", "a fat answer"],
)
def test_the_judge_finds_each_fault(answer: Answer, fault: str) -> None:
    judge = Judge()

    judge.look(REQUEST, answer)

    assert [one.partition(":")[0] for one in judge.faults] == [fault]


def test_a_seed_makes_the_same_requests() -> None:
    document = orjson.loads((Path(__file__).parents[2] / "docs/openapi.json").read_bytes())

    first, second = ([one.wire("t") for one in Attacker(document, {}, 5).requests(300)] for _ in range(2))

    assert first == second
    assert len(set(first)) > 270


async def subjects(suite: RunningSuite) -> list[str]:
    """Return the subjects of everything that was told."""
    return [
        row["subject"] for rows in (await everywhere(suite, "SELECT DISTINCT subject FROM outbox")).values() for row in rows
    ]


async def everywhere(suite: RunningSuite, sql: str) -> dict[str, list[Any]]:
    """Return what every service's database answers."""
    answers = {}
    for service in KINDS:
        connection = await asyncpg.connect(suite.postgres.url(service.name))
        answers[service.name] = await connection.fetch(sql)
        await connection.close()
    return answers
