"""The deployment as its operator has it: what docs/deploying.md says is done to one that runs, and works."""

import datetime as dt
import os
import re
import shutil
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx2
import orjson
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gridwhistle.standalone.services import NAMES
from tests.common.test_uploads import picture
from tests.conftest import Loop
from tests.deploy.deployed import IN_CONTAINERS, ROOT, Deployment, Reporter, a_report, docker, gridwhistle, inspected, until
from tests.system.test_the_loop import INCIDENTS

pytestmark = IN_CONTAINERS


# --- keys and passwords ------------------------------------------------------------------------------------------------------


def test_a_new_key_seals_everything_again(deployment: Deployment) -> None:
    gridwhistle("keys", "add", "--data-dir", deployment.secrets / "incidents")
    deployment.compose("restart", "incidents")
    deployment.up()

    assert deployment.told("incidents", "reseal") == "incidents: everything is sealed under key 2"


def test_passwords_are_renewed_while_people_work(deployment: Deployment, client: httpx2.Client, background: Loop) -> None:
    urls = {name: deployment.url_of("postgres", name, "gw_database_url") for name in NAMES}
    reporter = Reporter(deployment.person(client, "resident"))

    for name in NAMES:
        gridwhistle("secrets", "renew", name, "--folder", deployment.secrets)
    deployment.compose("exec", "-T", "postgres", "sh", "/docker-entrypoint-initdb.d/databases.sh")
    deployment.compose("kill", "-s", "HUP", "nats")
    for _ in range(20):
        reporter.report()  # accepted, or refused for the moment, but nothing else
    deployment.compose("restart", *NAMES)
    deployment.up()

    until(reporter.report)
    until(lambda: deployment.asked("incidents", "SELECT count(*) FROM waiting") == "0")
    for url in urls.values():
        with pytest.raises(asyncpg.InvalidPasswordError):
            background.run(asyncpg.connect(url))


# --- proof and repair --------------------------------------------------------------------------------------------------------


def test_the_audit_is_proved_where_it_is(deployment: Deployment) -> None:
    told = deployment.told("incidents", "verify")

    assert told.endswith("nothing was changed")
    assert ", 0 anchors" not in told


def test_copies_are_made_anew_from_the_outboxes(deployment: Deployment) -> None:
    before = deployment.asked("incidents", "SELECT count(*) FROM known_grid")

    assert f"known_grid: {before} rows" in deployment.tool("replay", "incidents", "--data-dir", "/secrets")


def test_a_service_that_came_later_gets_a_database_of_its_own(deployment: Deployment) -> None:
    gridwhistle("secrets", "add", "petitions", "--folder", deployment.secrets)

    deployment.compose("exec", "-T", "postgres", "sh", "/docker-entrypoint-initdb.d/databases.sh")

    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'petitions'"
    assert deployment.asked("petitions", owner) == "petitions_owner"
    assert deployment.asked("incidents", "SELECT count(*) > 0 FROM known_grid") == "t"


# --- backups -----------------------------------------------------------------------------------------------------------------


def test_a_backup_of_a_deployment_that_runs_is_put_back_into_an_empty_one(
    deployment: Deployment, client: httpx2.Client
) -> None:
    acceptor = deployment.person(client, "town_acceptor")
    attachment = acceptor.send("/incidents/v1/attachments", picture(), "image/jpeg").json()
    content = {"title": "井盖缺失", "location": {"lon": 120.152, "lat": 30.272}, "attachment_ids": [attachment["id"]]}
    kept = acceptor.post(INCIDENTS, content).json()["id"]

    told = deployment.recover("backup", "/backups/monday")
    later = acceptor.post(INCIDENTS, {**content, "attachment_ids": []}).json()["id"]
    with pytest.raises(AssertionError, match="is in use"):
        deployment.recover("restore", "/backups/monday", "--replace")
    deployment.compose("down", "--volumes", "--timeout", "30")
    deployment.up("postgres", "nats")
    restored = deployment.recover("restore", "/backups/monday")
    checked = deployment.recover("check")
    deployment.up()

    assert "1 attachments" in told
    assert "Restored to" in restored
    assert re.search(r"incidents agrees with [a-z, ]*personnel", checked)
    assert [acceptor.get(f"{INCIDENTS}/{one}").status_code for one in (kept, later)] == [200, 404]
    assert len(acceptor.get(f"/incidents/v1/attachments/{attachment['id']}").content) == attachment["size_bytes"]
    assert acceptor.send("/incidents/v1/attachments", picture(), "image/jpeg").status_code == 201
    for name in NAMES:
        assert deployment.told(name, "verify").endswith("nothing was changed")


# --- upgrade and way back ----------------------------------------------------------------------------------------------------


@pytest.fixture
def next_release(deployment: Deployment, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Build images of a release that is to come: this one, and a column more."""
    for part in ("deploy", "docs", "libs", "services", "CONTRIBUTING.md", "CHANGELOG.md", ".dockerignore"):
        source = ROOT / part
        shutil.copytree(source, tmp_path / part) if source.is_dir() else shutil.copy(source, tmp_path / part)
    versions = tmp_path / "services" / "incidents" / "gridwhistle" / "incidents" / "versions"
    newest = max(versions.glob("incidents_*.py")).stem
    (versions / "incidents_9999.py").write_text(
        '"""A release that is to come."""\n\nfrom alembic import op\n\n'
        f'revision, down_revision, branch_labels, depends_on = "incidents_9999", "{newest}", None, None\n\n\n'
        'def upgrade() -> None:\n    op.execute("ALTER TABLE incident ADD COLUMN to_come text")\n'
    )
    tag = {"GW_VERSION": "to-come"}
    docker("compose", "-f", str(tmp_path / "deploy" / "docker-compose.yml"), "build", **tag)
    yield tag
    deployment.up()
    docker("image", "rm", "--force", *(f"gridwhistle/{name}:to-come" for name in NAMES))


def test_an_upgrade_migrates_first_and_the_way_back_is_the_release_before(
    deployment: Deployment, client: httpx2.Client, next_release: dict[str, str]
) -> None:
    reporter = Reporter(deployment.person(client, "resident"))
    columns = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'incident'::regclass AND attname = 'to_come'"
    reporter.report()

    deployment.up(**next_release)
    migrated, upgraded = deployment.asked("incidents", columns), _image_of(deployment)
    until(reporter.report)
    deployment.up()
    until(reporter.report)

    assert (migrated, upgraded) == ("1", "gridwhistle/incidents:to-come")
    assert (deployment.asked("incidents", columns), _image_of(deployment)) == ("1", "gridwhistle/incidents:latest")
    acceptor = deployment.person(client, "town_acceptor")
    assert [acceptor.get(f"{INCIDENTS}/{one}").status_code for one in reporter.accepted.values()] == [200] * 3


def _image_of(deployment: Deployment) -> str:
    image: str = inspected(deployment.containers("incidents")[0])["Config"]["Image"]
    return image


# --- what is watched ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def prometheus(deployment: Deployment) -> Iterator[httpx2.Client]:
    """Run Prometheus with our configuration."""
    image = os.environ.get("PROMETHEUS_IMAGE", "prom/prometheus:v3")
    if docker("image", "ls", "-q", image) == "":
        try:
            docker("pull", image)
        except AssertionError:
            pytest.skip(f"{image} is not here and cannot be fetched")
    deployment.up("prometheus")
    with httpx2.Client(base_url=f"http://{deployment.address('prometheus')}:9090/api/v1", timeout=30) as client:
        yield client
    deployment.compose("rm", "--stop", "--force", "prometheus")


def test_every_process_is_read_and_every_question_of_the_dashboard_has_an_answer(
    deployment: Deployment, client: httpx2.Client, prometheus: httpx2.Client
) -> None:
    dashboard = orjson.loads((ROOT / "deploy" / "grafana" / "dashboards" / "gridwhistle.json").read_bytes())
    asked = {panel["title"]: target["expr"] for panel in dashboard["panels"] for target in panel["targets"]}
    worker = deployment.person(client, "grid_worker_003")
    rare = {"Errors of ours a second", "Commands run again a second", "Commands told to come back later"}

    def read() -> set[str]:
        targets = prometheus.get("/targets").json()["data"]["activeTargets"]
        return {target["scrapePool"] for target in targets if target["health"] == "up"}

    def unanswered() -> set[str]:
        a_report(deployment.person(client, "resident"))
        shift = worker.post("/personnel/v1/shifts", {"grid_code": "990101001001003"}).json()["id"]
        worker.post(f"/personnel/v1/shifts/{shift}/end")
        return {title for title, expression in asked.items() if not _answers(prometheus, expression)}

    until(lambda: read() == {"services", "prometheus"} and unanswered() <= rare, 180)
    services = {one["metric"]["service"] for one in _answers(prometheus, "group by (service) (gw_database_up)")}
    assert services == {*NAMES}


def test_every_alert_is_known_and_one_fires_for_what_is_broken(deployment: Deployment, prometheus: httpx2.Client) -> None:
    written = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]

    def fires() -> set[tuple[str, str]]:
        told = prometheus.get("/alerts").json()["data"]["alerts"]
        return {(one["labels"]["alertname"], one["labels"].get("service", "")) for one in told if one["state"] == "firing"}

    rules = prometheus.get("/rules").json()["data"]["groups"][0]["rules"]
    deployment.compose("stop", "personnel")
    until(lambda: ("ServiceGone", "personnel") in fires(), 180)
    deployment.up()

    assert [(rule["name"], rule["health"]) for rule in rules] == [(rule["alert"], "ok") for rule in written]
    until(lambda: fires() == set(), 180)


def _answers(prometheus: httpx2.Client, expression: str) -> list[dict[str, dict[str, str]]]:
    told = prometheus.get("/query", params={"query": expression}).json()
    assert told["status"] == "success", told
    answers: list[dict[str, dict[str, str]]] = told["data"]["result"]
    return answers


# --- TLS ---------------------------------------------------------------------------------------------------------------------


def test_the_door_can_have_tls_and_takes_a_renewed_certificate(deployment: Deployment, tmp_path: Path) -> None:
    first = _write_certificate(tmp_path)
    deployment.up("--no-deps", "gateway", GATEWAY_DOOR="tls", GATEWAY_CERTIFICATES=str(tmp_path))
    trusted = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
    answer = httpx2.get(f"https://localhost:{deployment.port}{INCIDENTS}", verify=trusted)
    plain = httpx2.get(f"http://localhost:{deployment.port}/healthz")
    shown_first = _shown(deployment.port)

    renewed = _write_certificate(tmp_path)
    deployment.compose("kill", "-s", "HUP", "gateway")

    assert (answer.status_code, plain.status_code) == (401, 400)
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert shown_first == first
    until(lambda: _shown(deployment.port) == renewed)


def _shown(port: int) -> int:
    """Return the serial number of the certificate that the gateway shows."""
    blind = ssl.create_default_context()
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line, blind.wrap_socket(line) as door:
        return x509.load_der_x509_certificate(door.getpeercert(binary_form=True) or b"").serial_number


def _write_certificate(folder: Path) -> int:
    """Put a certificate and its key where the gateway finds them; return its serial number."""
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
    (folder / "key.pem").unlink(missing_ok=True)
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "key.pem").chmod(0o444)
    return certificate.serial_number
