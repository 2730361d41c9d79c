"""The deployment, built and started for real: an incident goes through it, every container dies, nothing accepted is lost."""

import asyncio
import datetime as dt
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx2
import nats
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NoAnswer
from typer.testing import CliRunner

from gridwhistle.common.bus import connect
from gridwhistle.common.issuer import ISSUER, OWN, Issuer
from gridwhistle.common.sealing import add_key
from gridwhistle.standalone.children import free_port
from gridwhistle.standalone.cli import app
from gridwhistle.standalone.demo.county import County
from gridwhistle.standalone.demo.load import Loader
from tests.common.test_permissions import foreign, past_the_streams
from tests.common.test_uploads import picture
from tests.conftest import Person
from tests.system.test_the_loop import INCIDENTS, STEPS

ROOT = Path(__file__).parents[2]
PROJECT = "gridwhistle-test"
ALWAYS = ("postgres", "nats", "personnel", "incidents", "gateway")


def _daemon() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "compose", "ls"], capture_output=True, check=False).returncode == 0  # noqa: S607


pytestmark = [
    pytest.mark.containers,
    pytest.mark.skipif(not _daemon(), reason="no Docker daemon with compose answers; make compose-test says how to have one"),
]


def docker(*words: str, **environment: str) -> str:
    """Run a command of Docker and return what it prints."""
    ran = subprocess.run(  # noqa: S603
        ["docker", *words],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
        cwd=ROOT,
    )
    assert ran.returncode == 0, ran.stdout[-3_000:] + ran.stderr[-3_000:]
    return ran.stdout


@dataclass
class Deployment:
    """The deployment as it runs, under a name, a port and secrets of its own."""

    secrets: Path
    port: int = field(default_factory=free_port)
    tokens: dict[str, str] = field(default_factory=dict)
    up_s: float = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def compose(self, *words: str, **environment: str) -> str:
        settings = {"GW_SECRETS": str(self.secrets), "GATEWAY_PORT": str(self.port), **environment}
        file = str(ROOT / "deploy" / "docker-compose.yml")
        return docker("compose", "-p", PROJECT, "-f", file, *words, **settings)

    def up(self, *words: str, **environment: str) -> None:
        self.compose("up", "-d", "--wait", "--wait-timeout", "180", *words, **environment)

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "-q", service).split()

    def address(self, container: str, network: str = "inside") -> str:
        """Return where this machine, and no other, reaches a container that is not published."""
        told = orjson.loads(docker("inspect", container))[0]["NetworkSettings"]["Networks"]
        address: str = told[f"{PROJECT}_{network}"]["IPAddress"]
        return address

    def url_of(self, service: str, room: str, setting: str) -> str:
        """Return an address from the secrets, as this machine reaches it."""
        written = (self.secrets / room / setting).read_text()
        return written.replace(f"@{service}:", f"@{self.address(self.containers(service)[0])}:")

    def asked(self, database: str, statement: str) -> str:
        """Ask a database as its server's own administrator."""
        words = ("psql", "-U", "postgres", "-d", database, "-qtAc", statement)
        return self.compose("exec", "-T", "postgres", *words).strip()

    def person(self, client: httpx2.Client, role: str) -> Person:
        return Person(client, self.tokens[role])


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Build the images, start everything, load the demo county; take it all away afterwards."""
    secrets = tmp_path_factory.mktemp("deployment") / "secrets"
    assert CliRunner().invoke(app, ["secrets", "init", "--folder", str(secrets)]).exit_code == 0
    made = Deployment(secrets)
    try:
        began = time.monotonic()
        made.compose("build")
        built_s = time.monotonic() - began
        made.up()
        made.up_s = time.monotonic() - began - built_s
        print(f"built in {built_s:.0f} s, up and healthy in {made.up_s:.0f} s")  # noqa: T201  the transcript tells it

        async def settle() -> dict[str, str]:
            issuer = Issuer.kept_in(secrets / "issuer" / "issuer.json", OWN)
            async with Loader.of(made.base_url, issuer, County()) as loader:
                return await loader.settle()

        made.tokens = asyncio.run(settle())
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "30")
        left = docker("volume", "ls", "-q", "--filter", f"label=com.docker.compose.project={PROJECT}")
        assert left == ""


@pytest.fixture
def client(deployment: Deployment) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=deployment.base_url, timeout=30, headers={"Accept-Language": "en"}) as client:
        yield client


def until(holds: Callable[[], bool], patience_s: float = 60) -> None:
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end, f"it did not come within {patience_s:g} s"
        time.sleep(0.2)


def a_report(resident: Person, key: str) -> httpx2.Response:
    content = {"title": "井盖缺失", "location": {"lon": 120.160, "lat": 30.272}}
    return resident.post(INCIDENTS, content, Idempotency_Key=key)


# --- what it does ------------------------------------------------------------------------------------------------------------


def test_an_incident_goes_through_the_gateway_from_found_to_closed(deployment: Deployment, client: httpx2.Client) -> None:
    worker = deployment.person(client, "grid_worker_003")
    shift_id = worker.post("/personnel/v1/shifts", {"grid_code": "990101001001003"}).json()["id"]
    path = f"{INCIDENTS}/{a_report(deployment.person(client, 'resident'), str(uuid4())).json()['id']}"

    for action, role, body, state in STEPS:
        answer = deployment.person(client, role).post(f"{path}/{action}", body)
        assert answer.json().get("state") == state, answer.text
    until(lambda: "checked" in worker.get(path).json()["actions"])
    worker.post(f"{path}/checked", {"reason": "看过,已装好"})
    closed = deployment.person(client, "town_acceptor").post(f"{path}/close", {})

    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    worker.post(f"/personnel/v1/shifts/{shift_id}/end")


def test_the_gateway_has_its_documents_and_keeps_the_inside_inside(client: httpx2.Client) -> None:
    shown = [client.get(path).status_code for path in ("/healthz", "/openapi.json", "/asyncapi.json", "/incidents/docs")]
    kept = [client.get(path) for path in ("/metrics", "/readyz", "/incidents/../metrics", "/incidents", "/", "/stub")]

    assert shown == [200] * 4
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


@pytest.mark.parametrize(("own", "other"), [("incidents", "personnel"), ("personnel", "incidents")])
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
    with socket.create_connection((deployment.address(deployment.containers("nats")[0]), 4222), timeout=5) as line:
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
    address = deployment.address(deployment.containers("postgres")[0])
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
    resident, acceptor = deployment.person(client, "resident"), deployment.person(client, "town_acceptor")
    accepted: dict[str, str] = {}
    unknown: set[str] = set()

    def report(key: str) -> bool:
        try:
            answer = a_report(resident, key)
        except httpx2.TransportError:
            unknown.add(key)
            return False
        if answer.status_code == 201:
            assert accepted.setdefault(key, answer.json()["id"]) == answer.json()["id"]
        else:
            assert answer.status_code in {429, 503}, answer.text
        return answer.status_code == 201

    (container,) = deployment.containers(service)
    for _ in range(20):
        report(str(uuid4()))
    os.kill(orjson.loads(docker("inspect", container))[0]["State"]["Pid"], signal.SIGKILL)  # it is started again by itself
    for _ in range(20):
        report(str(uuid4()))
    until(lambda: report(str(uuid4())))
    until(lambda: _healthy(container))
    for key in list(unknown):
        until(lambda key=key: report(key))  # type: ignore[misc]

    assert len(accepted) > 20
    for incident_id in accepted.values():
        assert acceptor.get(f"{INCIDENTS}/{incident_id}").status_code == 200
    assert int(deployment.asked("incidents", "SELECT count(*) FROM incident")) == int(
        deployment.asked("incidents", "SELECT count(*) FROM outbox WHERE envelope->>'type' LIKE '%.incident.reported.v1'")
    )
    until(lambda: deployment.asked("incidents", "SELECT count(*) FROM waiting") == "0")


def _healthy(container: str) -> bool:
    healthy: bool = orjson.loads(docker("inspect", container))[0]["State"]["Health"]["Status"] == "healthy"
    return healthy


def test_everything_is_there_after_a_stop_and_a_start(deployment: Deployment, client: httpx2.Client) -> None:
    before = deployment.asked("incidents", "SELECT count(*) FROM incident")

    deployment.compose("down", "--timeout", "30")
    deployment.up()

    assert deployment.asked("incidents", "SELECT count(*) FROM incident") == before
    assert a_report(deployment.person(client, "resident"), str(uuid4())).status_code == 201


def test_a_new_key_seals_everything_again(deployment: Deployment) -> None:
    add_key(deployment.secrets / "incidents" / "keys")
    deployment.compose("restart", "incidents")
    deployment.up()

    told = deployment.compose("exec", "-T", "incidents", "python", "-m", "gridwhistle.incidents", "reseal")

    assert told.strip() == "incidents: everything is sealed under key 2"


def test_the_audit_is_proved_where_it_is(deployment: Deployment) -> None:
    told = deployment.compose("exec", "-T", "incidents", "python", "-m", "gridwhistle.incidents", "verify")

    assert told.strip().endswith("nothing was changed")
    assert ", 0 anchors" not in told


def test_copies_are_made_anew_from_the_outboxes(deployment: Deployment) -> None:
    before = deployment.asked("incidents", "SELECT count(*) FROM known_grid")

    told = deployment.compose(
        "run", "--rm", "--build", "-T", "--user", f"{os.getuid()}:{os.getgid()}", "tools",
        "replay", "incidents", "--data-dir", "/secrets",
    )  # fmt: skip

    assert f"known_grid: {before} rows" in told


def test_a_service_that_came_later_gets_a_database_of_its_own(deployment: Deployment) -> None:
    added = CliRunner().invoke(app, ["secrets", "add", "timebank", "--folder", str(deployment.secrets)])
    deployment.compose("exec", "-T", "postgres", "sh", "/docker-entrypoint-initdb.d/databases.sh")

    assert added.exit_code == 0
    assert deployment.asked("timebank", "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'timebank'") == (
        "timebank_owner"
    )
    assert deployment.asked("incidents", "SELECT count(*) > 0 FROM incident") == "t"


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
    for container in deployment.containers("incidents"):
        with suppress(httpx2.TransportError):
            told.append(_leads(deployment, container))
    return told


def _leads(deployment: Deployment, container: str) -> int:
    told = httpx2.get(f"http://{deployment.address(container)}:8000/metrics", timeout=5).text
    return int(float(next(line for line in told.splitlines() if line.startswith("gw_relay_leads{")).split()[1]))


def test_of_three_processes_one_publishes_and_another_follows_when_it_dies(three: Deployment) -> None:
    assert sorted(leaders(three)) == [0, 0, 1]
    leader = three.containers("incidents")[leaders(three).index(1)]

    os.kill(orjson.loads(docker("inspect", leader))[0]["State"]["Pid"], signal.SIGKILL)

    until(lambda: sorted(leaders(three)) == [0, 0, 1])


def test_one_row_is_right_whichever_process_changes_it(three: Deployment, client: httpx2.Client) -> None:
    incident_id = a_report(three.person(client, "resident"), str(uuid4())).json()["id"]
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
            f"http://{three.address(container)}:8000/incidents/v1/attachments/{made['id']}",
            headers={"Authorization": f"Bearer {acceptor.token}"},
        )
        for container in three.containers("incidents")
    ]

    assert [(answer.status_code, len(answer.content)) for answer in shown] == [(200, made["size_bytes"])] * 3


def test_a_clock_fires_once_though_three_processes_look(three: Deployment, client: httpx2.Client) -> None:
    resident = three.person(client, "resident")
    for _ in range(40):
        a_report(resident, str(uuid4()))
    told = "SELECT count(*) FROM outbox WHERE envelope->>'type' LIKE '%.incident.clock_%'"
    before = int(three.asked("incidents", told))

    running = "stopped_at IS NULL AND next_at > clock_timestamp()"
    count = three.asked(
        "incidents",
        f"WITH due AS (UPDATE clock SET next_at = clock_timestamp() WHERE {running} RETURNING 1) SELECT count(*) FROM due",
    )

    until(lambda: three.asked("incidents", "SELECT count(*) FROM clock WHERE next_at <= clock_timestamp()") == "0")
    assert int(count) >= 40
    assert int(three.asked("incidents", told)) - before == int(count)


# --- TLS ---------------------------------------------------------------------------------------------------------------------


def test_the_door_can_have_tls(deployment: Deployment, tmp_path: Path) -> None:
    _write_certificate(tmp_path)
    door = {"GATEWAY_DOOR": "tls", "GATEWAY_CERTIFICATES": str(tmp_path)}

    deployment.up("--no-deps", "gateway", **door)

    trusted = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
    answer = httpx2.get(f"https://localhost:{deployment.port}{INCIDENTS}", verify=trusted)
    plain = httpx2.get(f"http://localhost:{deployment.port}/healthz")
    assert (answer.status_code, plain.status_code) == (401, 400)
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def _write_certificate(folder: Path) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    folder.chmod(0o755)
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "key.pem").chmod(0o444)
