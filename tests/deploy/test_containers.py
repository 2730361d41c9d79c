"""The deployment, built and started for real: an incident goes through it, every container dies, nothing accepted is lost."""

import asyncio
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import permutations
from uuid import uuid4

import asyncpg
import httpx2
import nats
import orjson
import pytest
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NoAnswer

from gridwhistle.common.bus import connect
from gridwhistle.common.issuer import ISSUER
from gridwhistle.standalone.services import NAMES
from tests.common.test_permissions import foreign, past_the_streams
from tests.common.test_uploads import picture
from tests.deploy.deployed import IN_CONTAINERS, Deployment, Reporter, a_report, inspected, is_healthy, until
from tests.system.test_the_loop import INCIDENTS, STEPS

pytestmark = IN_CONTAINERS
ALWAYS = ("postgres", "nats", *NAMES, "gateway")


# --- what it does ------------------------------------------------------------------------------------------------------------


def test_an_incident_goes_through_the_gateway_from_found_to_closed(deployment: Deployment, client: httpx2.Client) -> None:
    worker = deployment.person(client, "grid_worker_003")
    shift_id = worker.post("/personnel/v1/shifts", {"grid_code": "990101001001003"}).json()["id"]
    path = f"{INCIDENTS}/{a_report(deployment.person(client, 'resident')).json()['id']}"

    for action, role, body, state in STEPS:
        answer = deployment.person(client, role).post(f"{path}/{action}", body)
        assert answer.json().get("state") == state, answer.text
    until(lambda: "checked" in worker.get(path).json()["actions"])
    worker.post(f"{path}/checked", {"reason": "看过,已装好"})
    closed = deployment.person(client, "town_acceptor").post(f"{path}/close", {})

    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    worker.post(f"/personnel/v1/shifts/{shift_id}/end")


OPEN = ("/", "/front/front.js", "/book/events.md", "/openapi.json", "/asyncapi.json", "/healthz")
OPEN += ("/incidents/readyz", "/incidents/docs")


def test_the_gateway_has_its_documents_and_keeps_the_inside_inside(client: httpx2.Client) -> None:
    shown = [client.get(path).status_code for path in OPEN]
    inside = ("/metrics", "/readyz", "/incidents/../metrics", "/incidents", "/incidents/metrics", "/book/no.md", "/stub")
    kept = [client.get(path) for path in inside]

    assert shown == [200] * len(OPEN)
    assert [(answer.status_code, answer.json()["code"]) for answer in kept] == [(404, "unknown_path")] * len(kept)


def test_one_request_has_one_id_whoever_gave_it(deployment: Deployment, client: httpx2.Client) -> None:
    given = str(uuid4())

    own = client.get(INCIDENTS, headers={"X-Request-ID": given})
    minted = client.get("/nowhere")

    assert (own.headers["x-request-id"], own.json()["request_id"]) == (given, given)
    assert minted.headers["x-request-id"] == minted.json()["request_id"]
    assert given in deployment.compose("logs", "--no-log-prefix", "gateway")


def test_what_is_too_large_is_refused_as_a_problem(deployment: Deployment, client: httpx2.Client) -> None:
    resident = deployment.person(client, "resident")

    by_service = resident.post(INCIDENTS, {"title": "a" * 400_000})
    by_gateway = resident.post(INCIDENTS, {"title": "a" * 600_000})
    batch = deployment.person(client, "town_acceptor").post(f"{INCIDENTS}/batch", {"reports": [], "x": "a" * 600_000})

    for answer in (by_service, by_gateway):
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert by_gateway.headers["content-type"] == "application/problem+json"
    assert batch.status_code == 422


def test_a_caller_who_asks_too_often_is_told_to_wait_and_others_are_not(deployment: Deployment) -> None:
    def ask(number: int) -> httpx2.Response:
        # A token of no worth is refused all the same; what counts is that it is always the same one.
        return lines[number % 16].get(INCIDENTS, headers={"Authorization": "Bearer x"})

    lines = [httpx2.Client(base_url=deployment.base_url, timeout=30) for _ in range(16)]
    with ThreadPoolExecutor(400) as hands:
        answers = list(hands.map(ask, range(1_000)))
    other = deployment.person(lines[0], "town_acceptor").get(INCIDENTS)
    for line in lines:
        line.close()

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {(answer.json()["code"], answer.headers["retry-after"]) for answer in refused} == {("too_many_requests", "1")}
    assert {answer.status_code for answer in answers} == {401, 429}
    assert other.status_code == 200


# --- what it may -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ALWAYS)
def test_a_container_cannot_write_outside_its_folders_and_has_no_powers(deployment: Deployment, service: str) -> None:
    status = deployment.compose("exec", "-T", service, "cat", "/proc/1/status")
    told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)

    touched = deployment.compose("exec", "-T", service, "sh", "-c", "touch /etc/x 2>&1 || true")

    assert "Read-only file system" in touched
    assert told["NoNewPrivs"] == "1"
    assert int(told["CapEff"], 16) == int(told["CapBnd"], 16) == 0
    assert (told["Uid"].split()[0] == "0") is (service == "nats")  # whose folder the official image leaves to root


def test_one_port_is_open_on_this_machine_alone(deployment: Deployment) -> None:
    listed = [orjson.loads(line) for line in deployment.compose("ps", "--format", "json").splitlines()]

    published = {(line["Service"], port["URL"]) for line in listed for port in line["Publishers"] if port["PublishedPort"]}

    assert published == {("gateway", "127.0.0.1")}


@pytest.mark.parametrize(("own", "other"), [*permutations(NAMES, 2)])
def test_a_service_may_do_at_nats_only_what_is_its_own(deployment: Deployment, own: str, other: str) -> None:
    refused: list[str] = []

    async def hear(error: Exception) -> None:
        if "permissions violation" in str(error).lower():
            refused.append(str(error))

    async def try_everything() -> None:
        client = nats.NATS()
        await connect(client, deployment.url_of("nats", own, "gw_nats_url"), own)
        client._error_cb = hear
        for subject, content in foreign(own, other).values():
            with pytest.raises((NoAnswer, NoRespondersError)):
                await client.request(subject, content, timeout=0.2)
        for subject in past_the_streams(other):
            await client.subscribe(subject)
        async with asyncio.timeout(10):
            while len(refused) < wanted:
                await asyncio.sleep(0.05)
        await client.close()

    wanted = len(foreign(own, other)) + len(past_the_streams(other))
    asyncio.run(try_everything())

    assert len(refused) == wanted


def test_nats_knows_nobody_without_the_password(deployment: Deployment) -> None:
    with socket.create_connection((deployment.address("nats"), 4222), timeout=5) as line:
        line.sendall(b'CONNECT {"user":"incidents","pass":"incidents","verbose":false}\r\nPING\r\n')
        told = b""
        while some := line.recv(4_096):
            told += some

    assert b"Authorization Violation" in told
    assert b"PONG" not in told


def test_the_three_roles_of_a_database_may_do_what_their_names_say(deployment: Deployment) -> None:
    async def tried(room: str, statement: str) -> str:
        connection = await asyncpg.connect(urls[room])
        try:
            await connection.execute(statement)
        except asyncpg.PostgresError as error:
            return type(error).__name__
        finally:
            await connection.close()
        return "done"

    urls = {room: deployment.url_of("postgres", room, "gw_database_url") for room in ("incidents", "incidents-owner")}
    password = (deployment.secrets / "postgres" / "incidents_read").read_text()
    address = deployment.address("postgres")
    urls["read"] = f"postgresql://incidents_read:{password}@{address}:5432/incidents"
    stranger = deployment.url_of("postgres", "incidents", "gw_database_url").rpartition("/")[0] + "/personnel"

    async def try_everything() -> list[str]:
        return [
            await tried("incidents", "CREATE TABLE mine (id int)"),
            await tried("incidents", "DROP TABLE incident"),
            await tried("incidents", "ALTER TABLE incident DROP CONSTRAINT incident_pkey"),
            await tried("incidents", "TRUNCATE audit"),
            await tried("read", "DELETE FROM incident"),
            await tried("read", "SELECT count(*) FROM incident"),
            await tried("incidents-owner", "CREATE TABLE theirs (id int)"),
            await tried("incidents", "INSERT INTO theirs VALUES (1)"),
            await tried("incidents-owner", "DROP TABLE theirs"),
        ]

    assert asyncio.run(try_everything()) == [
        *["InsufficientPrivilegeError"] * 4,
        "ReadOnlySQLTransactionError",
        *["done"] * 4,
    ]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        asyncio.run(asyncpg.connect(stranger))


# --- what it refuses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [
        ("GW_NATS_URL", "nats://incidents:changeme@nats:4222", "GW_NATS_URL has the password of a sample"),
        ("GW_ISSUER", ISSUER, "GW_ISSUER is the development issuer"),
        ("GW_DEVELOPMENT", "true", "GW_DEVELOPMENT=true goes with the development issuer alone"),
        ("GW_JWKS_URL", "https://id.county.example/jwks", "Set GW_JWKS_FILE or GW_JWKS_URL, not both"),
        ("GW_KEYS_FILE", "/run/secrets/none", "GW_KEYS_FILE cannot be used"),
    ],
    ids=["a sample's password", "the development issuer", "development with a real issuer", "two key sets", "no keys"],
)
def test_a_service_refuses_to_start_with(deployment: Deployment, setting: str, value: str, reason: str) -> None:
    with pytest.raises(AssertionError, match=reason):
        deployment.compose("run", "--rm", "--no-deps", "-T", "-e", f"{setting}={value}", "incidents")


# --- what it survives --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ALWAYS)
def test_nothing_accepted_is_lost_when_a_container_is_killed(
    deployment: Deployment, client: httpx2.Client, service: str
) -> None:
    reporter, acceptor = Reporter(deployment.person(client, "resident")), deployment.person(client, "town_acceptor")

    (container,) = deployment.containers(service)
    for _ in range(20):
        reporter.report()
    os.kill(inspected(container)["State"]["Pid"], signal.SIGKILL)  # it is started again by itself
    for _ in range(20):
        reporter.report()
    until(reporter.report)
    until(lambda: is_healthy(container))
    reporter.ask_again()

    assert len(reporter.accepted) > 20
    for incident_id in reporter.accepted.values():
        assert acceptor.get(f"{INCIDENTS}/{incident_id}").status_code == 200
    assert int(deployment.asked("incidents", "SELECT count(*) FROM incident")) == int(
        deployment.asked("incidents", "SELECT count(*) FROM outbox WHERE envelope->>'type' LIKE '%.incident.reported.v1'")
    )
    until(lambda: deployment.asked("incidents", "SELECT count(*) FROM waiting") == "0")


def test_everything_is_there_after_a_stop_and_a_start(deployment: Deployment, client: httpx2.Client) -> None:
    before = deployment.asked("incidents", "SELECT count(*) FROM incident")

    deployment.compose("down", "--timeout", "30")
    deployment.up()

    assert deployment.asked("incidents", "SELECT count(*) FROM incident") == before
    assert a_report(deployment.person(client, "resident")).status_code == 201


# --- several processes of one service ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def three(deployment: Deployment) -> Deployment:
    """Run incidents three times."""
    deployment.up("--scale", "incidents=3", "--no-recreate")
    time.sleep(3)  # as long as the gateway remembers where it was
    return deployment


def leaders(deployment: Deployment) -> list[int]:
    """Return 1 for each process that publishes, 0 for each that waits; nothing for one that does not answer."""
    told = []
    for address in deployment.addresses("incidents"):
        with suppress(httpx2.TransportError):
            lines = httpx2.get(f"http://{address}:8000/metrics", timeout=5).text.splitlines()
            told.append(int(float(next(line for line in lines if line.startswith("gw_relay_leads{")).split()[1])))
    return told


def test_of_three_processes_one_publishes_and_another_follows_when_it_dies(three: Deployment) -> None:
    assert sorted(leaders(three)) == [0, 0, 1]
    leader = three.containers("incidents")[leaders(three).index(1)]

    os.kill(inspected(leader)["State"]["Pid"], signal.SIGKILL)

    until(lambda: sorted(leaders(three)) == [0, 0, 1])


def test_one_row_is_right_whichever_process_changes_it(three: Deployment, client: httpx2.Client) -> None:
    incident_id = a_report(three.person(client, "resident")).json()["id"]
    lines = [httpx2.Client(base_url=three.base_url, timeout=30) for _ in range(12)]

    def accept(number: int) -> int:
        return three.person(lines[number], "town_acceptor").post(f"{INCIDENTS}/{incident_id}/accept", {}).status_code

    with ThreadPoolExecutor(12) as hands:
        statuses = sorted(hands.map(accept, range(12)))
    for line in lines:
        line.close()

    assert statuses == [200, *[409] * 11]
    assert three.asked("incidents", f"SELECT state, version FROM incident WHERE id = '{incident_id}'") == "accepted|2"


def test_an_attachment_that_one_process_took_is_given_by_all(three: Deployment, client: httpx2.Client) -> None:
    acceptor = three.person(client, "town_acceptor")
    made = acceptor.send("/incidents/v1/attachments", picture(), "image/jpeg").json()
    content = {"title": "井盖缺失", "location": {"lon": 120.152, "lat": 30.272}, "attachment_ids": [made["id"]]}
    acceptor.post(INCIDENTS, content)

    shown = [
        httpx2.get(
            f"http://{address}:8000/incidents/v1/attachments/{made['id']}",
            headers={"Authorization": f"Bearer {acceptor.token}"},
        )
        for address in three.addresses("incidents")
    ]

    assert [(answer.status_code, len(answer.content)) for answer in shown] == [(200, made["size_bytes"])] * 3


def test_a_clock_fires_once_though_three_processes_look(three: Deployment, client: httpx2.Client) -> None:
    resident = three.person(client, "resident")
    for _ in range(40):
        a_report(resident)
    told = "SELECT count(*) FROM outbox WHERE envelope->>'type' LIKE '%.incident.clock_%'"
    before = int(three.asked("incidents", told))

    running = "rule_key = 'incidents.accept' AND stopped_at IS NULL AND next_at > clock_timestamp()"
    count = three.asked(
        "incidents",
        f"WITH due AS (UPDATE clock SET next_at = clock_timestamp() WHERE {running} RETURNING 1) SELECT count(*) FROM due",
    )

    until(lambda: three.asked("incidents", "SELECT count(*) FROM clock WHERE next_at <= clock_timestamp()") == "0")
    assert int(count) >= 40
    assert int(three.asked("incidents", told)) - before == int(count)
