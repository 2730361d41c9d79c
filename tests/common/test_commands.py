"""The write path, rule by rule: read, decide, write if nothing moved."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx2
import pytest

from gridwhistle.common.application import App
from gridwhistle.common.database import Database
from gridwhistle.common.ids import new_id
from gridwhistle.common.issuer import ISSUER, Issuer
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Busy
from gridwhistle.common.running import Running
from gridwhistle.common.tokens import Tokens
from tests import toolshed
from tests.toolshed import CLERK, TOOL, a_tool, an_account, done, tools, turned, work

pytestmark = pytest.mark.anyio
URL = "/toolshed/v1"


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    issuer = Issuer.fresh()
    headers = {"Authorization": f"Bearer {issuer.token('clerk', ['town_acceptor'], ['990101'])}", "Accept-Language": "en"}
    app = App([toolshed.router])
    app.state.service = Running(database, Tokens(ISSUER, jwks=issuer.jwks()), None)  # type: ignore[arg-type]
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://shed{URL}", headers=headers) as client:
        yield client


async def test_an_acceptance_is_the_one_answer_of_its_key(client: httpx2.AsyncClient, database: Database) -> None:
    tool_id = await a_tool(database)

    first, second = [await client.post(f"/tools/{tool_id}/turn", json={}, headers={"Idempotency-Key": "k-1"}) for _ in "12"]

    assert (first.status_code, first.content, first.headers["etag"]) == (200, second.content, second.headers["etag"])
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"


async def test_a_refusal_is_the_one_answer_of_its_key(client: httpx2.AsyncClient, database: Database) -> None:
    tool_id = await a_tool(database)
    await turned(database, tool_id)

    first = await client.post(f"/tools/{tool_id}/lend", json={}, headers={"Idempotency-Key": "k-2"})
    await turned(database, tool_id)
    second = await client.post(f"/tools/{tool_id}/lend", json={}, headers={"Idempotency-Key": "k-2"})

    assert first.json()["code"] == "illegal_move"
    assert (second.status_code, second.content) == (409, first.content)
    assert ["idempotency-replayed" in answer.headers for answer in (first, second)] == [False, True]


async def test_a_refusal_by_the_database_is_the_one_answer_of_its_key(client: httpx2.AsyncClient, database: Database) -> None:
    path = f"/tools/{await a_tool(database)}/turn"

    first, second = [await client.post(path, json={"title": "rust"}, headers={"Idempotency-Key": "k-3"}) for _ in "12"]

    assert first.json()["code"] == "rusty"
    assert (second.status_code, second.content) == (409, first.content)


async def test_a_key_stands_for_one_request(client: httpx2.AsyncClient, database: Database) -> None:
    tool_id = await a_tool(database)
    key = {"Idempotency-Key": "k-4"}
    await client.post(f"/tools/{tool_id}/turn", json={}, headers=key)

    other_body = await client.post(f"/tools/{tool_id}/turn", json={"title": "rasp"}, headers=key)
    other_path = await client.post(f"/tools/{tool_id}/service", json={}, headers=key)

    assert (other_body.status_code, other_body.json()["code"]) == (422, "idempotency_key_reused")
    assert (other_path.status_code, other_path.json()["code"]) == (422, "idempotency_key_reused")


async def test_twins_hear_the_same(client: httpx2.AsyncClient, database: Database) -> None:
    tool_id = await a_tool(database)

    answers = await asyncio.gather(
        *(client.post(f"/tools/{tool_id}/lend", json={}, headers={"Idempotency-Key": "k-5"}) for _ in range(6))
    )

    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}


async def test_a_process_that_knows_no_time_yet_refuses_under_a_key(client: httpx2.AsyncClient) -> None:
    answer = await client.post(f"/tools/{new_id()}/turn", json={}, headers={"Idempotency-Key": "k-6"})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_block_that_raises_writes_nothing(database: Database, truth: "asyncpg.Connection[Any]") -> None:
    tool_id = await a_tool(database)

    async def stumble() -> None:
        async with work(database, key="k-7").command(CLERK, tools, tool_id) as tx:
            tx.move(tx.row, TOOL.step(tx.row, "lend", CLERK))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await stumble()

    assert await truth.fetchval("SELECT (state, version)::text FROM tool WHERE id = $1", tool_id) == "(idle,1)"
    assert not await truth.fetchval("SELECT count(*) FROM command_key WHERE key = 'k-7'")


async def test_a_refusal_stands_only_if_nothing_moved(database: Database, elsewhere: Database) -> None:
    tool_id = await a_tool(database)
    await turned(database, tool_id)
    db, runs = work(database, key="k-8"), 0

    async def lend() -> str:
        nonlocal runs
        runs += 1
        async with db.command(CLERK, tools, tool_id) as tx:
            if runs == 1:
                await turned(elsewhere, tool_id)  # taken back before we say that it is lent
            tx.move(tx.row, TOOL.step(tx.row, "lend", CLERK))
            return tx.answer(toolshed.ToolView.of(tx.row)).state

    assert (await done(db, lend), runs) == ("lent", 2)


async def test_a_command_under_a_key_says_its_answer(database: Database) -> None:
    tool_id = await a_tool(database)

    with pytest.raises(AssertionError, match="says its answer"):
        async with work(database, key="silent").command(CLERK, tools, tool_id):
            pass


async def test_a_second_command_in_one_request_raises(database: Database) -> None:
    tool_id = await a_tool(database)
    db = work(database)
    async with db.command(CLERK, tools, tool_id):
        pass

    with pytest.raises(RuntimeError, match="one piece of work is one command"):
        async with db.command(CLERK, tools, tool_id):
            pass


async def test_commands_of_one_process_on_one_row_queue_up(database: Database) -> None:
    tool_id, runs = await a_tool(database), 0

    async def once() -> None:
        nonlocal runs
        db = work(database)

        async def block() -> None:
            nonlocal runs
            runs += 1
            await toolshed.turn(tool_id, toolshed.Turn(), CLERK, db)

        await done(db, block)

    await asyncio.gather(*(once() for _ in range(20)))

    assert runs == 20


async def test_who_waits_too_long_in_a_queue_is_told_busy(url: str, database: Database) -> None:
    tool_id = await a_tool(database)
    async with toolshed.opened(url, patience_s=0.05).connected() as hurried, work(hurried).command(CLERK, tools, tool_id):
        with pytest.raises(Busy):
            await turned(hurried, tool_id)


async def test_a_broken_constraint_is_said_in_words(database: Database) -> None:
    tool_id, poor, rich = await a_tool(database), await an_account(database, 10), await an_account(database, 90)
    overdraft = toolshed.Transfer(source_id=poor, target_id=rich, minutes=11, unchecked=True)

    with pytest.raises(toolshed.Rusty):
        await turned(database, tool_id, title="rust")
    with pytest.raises(toolshed.NotEnough):
        await toolshed.transfer(overdraft, CLERK, work(database))


async def test_a_broken_constraint_without_words_is_an_error_of_ours(database: Database) -> None:
    tool_id = await a_tool(database)

    with pytest.raises(asyncpg.CheckViolationError):
        await turned(database, tool_id, title="dust")


async def test_one_that_was_broken_because_rows_moved_runs_again(database: Database, elsewhere: Database) -> None:
    looked_at, changed, titles = await a_tool(database), await a_tool(database), iter(["dust", "clean"])
    db = work(database)

    async def retitle() -> None:
        async with db.command(CLERK, (tools, looked_at), (tools, changed)) as tx:
            title = next(titles)
            if title == "dust":
                await turned(elsewhere, looked_at)  # what follows from it is not so any more
            tx.update(tx[tools, changed], title=title)

    await done(db, retitle)

    assert next(titles, None) is None


async def test_a_change_based_on_an_older_version_is_stale(client: httpx2.AsyncClient, database: Database) -> None:
    path = f"/tools/{await a_tool(database)}/turn"

    answers = [await client.post(path, json={}, headers={"If-Match": '"1"'}) for _ in "12"]

    assert [answer.status_code for answer in answers] == [200, 412]
    assert (answers[0].headers["etag"], answers[1].json()["code"]) == ('"2"', "stale_version")


async def test_what_lies_elsewhere_reads_as_not_there(client: httpx2.AsyncClient, url: str) -> None:
    far = Principal(id="far", roles=CLERK.roles, areas=("990202",))
    async with toolshed.opened(url).connected() as database:
        theirs = (await toolshed.bring(toolshed.Bring(area_code="990202001001"), far, work(database))).id

    answers = [await client.post(f"/tools/{id_}/turn", json={}) for id_ in (theirs, new_id())]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


async def test_nothing_is_made_outside_the_jurisdiction(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/tools", json={"area_code": "990202001001"})

    assert (answer.status_code, answer.json()["code"]) == (403, "outside_your_area")
