"""A thousand canaries (names, telephones, identity numbers, addresses) are parties of disputes, and are hunted.

250 people quarrel in 125 cases of the running suite; in some of them they meet, agree and ask a court, and what was said is
written down. What clients do wrong has canaries in it as well. Then every table of mediation and of incidents, the
databases' files and write-ahead log, the JetStream folder, the logs, the metrics, the problems and the answers are searched.
"""

import asyncio
import logging
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from tests.conftest import Person, RunningSuite
from tests.mediation.office import BASE, Office, made, pays
from tests.system.test_canaries import MARKS, canaries, caught, dump

pytestmark = pytest.mark.anyio
PEOPLE = 250
SAID = f"经{MARKS[0]}反映,双方各执一词"


class Witness:
    """Somebody whose answers are kept, to be looked at."""

    def __init__(self, person: Person, answers: list[httpx2.Response]) -> None:
        self._person, self._answers = person, answers

    def __getattr__(self, name: str) -> Any:
        def asked(*args: Any, **headers: str) -> httpx2.Response:
            answer: httpx2.Response = getattr(self._person, name)(*args, **headers)
            self._answers.append(answer)
            return answer

        return asked


def party(number: int, side: str) -> dict[str, Any]:
    return {"side": side, "home_area": "990101001001", **canaries(number)}


def quarrel(number: int) -> dict[str, Any]:
    people = [party(2 * number, "applicant"), party(2 * number + 1, "respondent")]
    facts = {"dispute_type": "D02", "brief": SAID}
    return {"source": "application", "area_code": "990101001001", "facts": facts, "parties": people}


def meet(
    office: Office, committee: dict[str, Any], member: dict[str, Any], number: int, answers: list[httpx2.Response]
) -> None:
    """Let two canaries meet, agree and be asked about."""
    chair, mediator = Witness(office.chair, answers), Witness(office.mediator(member), answers)
    path, parties = office.in_mediation(committee, member, **quarrel(number))
    answers += [chair.get(path), mediator.get(f"{path}/sessions"), mediator.get(f"{path}/parties")]
    made(mediator.post(f"{path}/invitees", {"kind": "neighbour", "name": canaries(number)["name"]}))
    agent = {"name": canaries(number + 1)["name"], "phone": canaries(number + 1)["phone"], "agent_may": "speak"}
    made(chair.post(f"{path}/parties/{parties[0]}/name_agent", agent))
    terms = [{**pays(parties[1]), "content": SAID}]
    agreement = made(mediator.post(f"{path}/draft_agreement", {"content": SAID, "terms": terms}))
    office.sign(path, office.mediator(member), parties, agreement)
    court = {"applied_by": parties, "court": "示例县人民法院", "court_by": "party_home"}
    made(chair.post(f"{path}/apply_confirmation", court))
    (first, *_) = made(mediator.get(f"{path}/parties"))["items"]
    seen = office.chair.post(
        f"{path}/parties/{first['id']}/reveal", {"fields": ["phone"], "purpose": "handling", "note": "送达文书"}
    )
    assert caught(seen.content), "a look shows what is there"


def go_wrong(office: Office, path: str, answers: list[httpx2.Response]) -> None:
    """Let clients do wrong what they can, with canaries in it."""
    chair, one = Witness(office.chair, answers), canaries(1)
    wrong: list[Any] = [
        {**quarrel(1), "parties": [{**party(1, "applicant"), "phone": one["id_number"]}]},
        {**quarrel(1), "parties": [{**party(1, "applicant"), "id_number": one["phone"]}]},
        {**quarrel(1), "parties": [{**party(1, "applicant"), one["phone"]: one["name"]}]},
        {**quarrel(1), "parties": [{**party(1, one["name"])}]},
        {**quarrel(1), "letter_no": one["id_number"]},
        {**quarrel(1), "facts": {"brief": 7, one["name"]: SAID}},
    ]
    for content in wrong:
        assert chair.post(f"{BASE}/cases", content).status_code == 422
    chair.post(f"{path}/withdraw", {"party_id": one["phone"], "reason": f"电话 {one['phone']}"})
    chair.post(f"{path}/grade", {"grade": "yellow", "reason": f"电话 {one['phone']},身份证 {one['id_number']}"})
    chair.get(f"{BASE}/cases?letter={one['phone']}")
    chair.post(f"{path}/parties/{one['phone']}/reveal", one)


async def files_of(suite: RunningSuite) -> list[Path]:
    """Return the files of mediation's and of the incidents' databases and of the write-ahead log, all written out."""
    found: list[Path] = []
    for service in ("mediation", "incidents"):
        connection = await asyncpg.connect(suite.postgres.url(service))
        await connection.execute("CHECKPOINT")
        oid = await connection.fetchval("SELECT oid FROM pg_database WHERE datname = current_database()")
        for _ in range(500):
            if not await connection.fetchval("SELECT count(*) FROM waiting"):
                break
            await asyncio.sleep(0.02)
        await connection.close()
        found += (suite.folder / "postgres" / "base" / str(oid)).iterdir()
    return [*found, *(suite.folder / "postgres" / "pg_wal").glob("[0-9A-F]*")]


async def test_no_canary_of_a_dispute_is_found_in_the_clear(suite: RunningSuite, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpx2")  # the client's own log, which is not ours to keep clean
    office, answers = Office(suite), list[httpx2.Response]()
    committee, (member, *_) = office.filed()
    chair = Witness(office.chair, answers)
    for number in range(10, PEOPLE // 2):
        made(chair.post(f"{BASE}/cases", quarrel(number)))
    for number in range(10):
        meet(office, committee, member, number, answers)
    case = made(chair.post(f"{BASE}/cases", quarrel(11)))
    go_wrong(office, f"{BASE}/cases/{case['id']}", answers)
    made(chair.get(f"{BASE}/cases?limit=200"))
    metrics = suite.client.get("/metrics")

    files = await files_of(suite)
    logs = [path for path in suite.folder.rglob("*.log") if path.is_file()]
    places = {
        **{service: await dump(suite.postgres.url(service)) for service in ("mediation", "incidents")},
        "logs": caplog.text.encode() + b"".join(log.read_bytes() for log in logs),
        "metrics": metrics.content,
        "answers": b"".join(answer.content + str(answer.headers).encode() for answer in answers),
        **{str(path): path.read_bytes() for path in files if path.is_file()},
        **{str(path): path.read_bytes() for path in (suite.folder / "nats").rglob("*") if path.is_file()},
    }

    assert {place: caught(content)[:3] for place, content in places.items() if caught(content)} == {}
    # The hunt sees what there is: the cases' numbers stand in the dump and in the stream, and a mark would be found.
    assert case["case_no"].encode() in places["mediation"]
    assert any(case["case_no"].encode() in content for place, content in places.items() if "GW_MEDIATION" in place)
    assert {answer.status_code for answer in answers} >= {200, 201, 400, 404, 422}
    assert caught(str(quarrel(1)).encode())
