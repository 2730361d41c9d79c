"""PostgreSQL and a NATS cluster that are nobody's containers: the services reach them, and a server that dies loses nothing."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gridwhistle.common.bus import stream_name
from gridwhistle.standalone.children import free_port
from gridwhistle.standalone.nats import program
from gridwhistle.standalone.services import NAMES
from tests.deploy.deployed import IN_CONTAINERS, ROOT, Deployment, Reporter, a_report, docker, gridwhistle, standing, until

pytestmark = IN_CONTAINERS
POSTGRES = "gridwhistle-elsewhere-postgres"
NODE = """\
server_name: {name}
listen: {host}:{port}
http: {host}:{monitoring_port}
max_payload: 1MB
cluster {{ name: county, listen: "{host}:{route_port}", routes: [{routes}] }}
jetstream {{ store_dir: "{store}", sync_interval: always }}
include users.conf
"""


@dataclass
class Node:
    """A server of the cluster."""

    host: str
    configuration: Path
    port: int
    monitoring_port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return self.configuration.stem

    def start(self) -> None:
        with self.configuration.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen([program(), "-c", str(self.configuration)], stdout=log, stderr=log)  # noqa: S603

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(10)

    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def streams(self) -> dict[str, dict[str, Any]]:
        """Return what the cluster keeps, as this server sees it."""
        told = httpx2.get(f"http://{self.host}:{self.monitoring_port}/jsz?streams=true&config=true", timeout=5).json()
        return {stream["name"]: stream for account in told["account_details"] for stream in account["stream_detail"]}


@dataclass
class Elsewhere:
    """The deployment, and what it stands on."""

    deployment: Deployment
    nodes: list[Node]

    def asked(self, statement: str) -> int:
        """Return the number that the database of incidents answers."""
        return int(docker("exec", POSTGRES, "psql", "-U", "postgres", "-d", "incidents", "-qtAc", statement))

    def leader(self) -> Node | None:
        """Return the server that leads the stream of incidents, if they have elected one: it alone knows how far all are."""
        living = (node for node in self.nodes if node.lives())
        return next((node for node in living if node.streams()["GW_INCIDENTS"]["cluster"].get("leader") == node.name), None)

    def everything_is_told(self) -> bool:
        """Tell whether the stream has each event of the outbox, once, on every server that lives."""
        leader = self.leader()
        if leader is None or self.asked("SELECT count(*) FROM waiting"):
            return False
        stream = leader.streams()["GW_INCIDENTS"]
        current = [replica for replica in stream["cluster"]["replicas"] if replica["current"] and not replica.get("offline")]
        return stream["state"]["messages"] == self.asked("SELECT count(*) FROM outbox") and len(current) + 1 >= sum(
            node.lives() for node in self.nodes
        )


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """Run PostgreSQL and three NATS servers beside the deployment, as docs/deploying.md says, and the deployment on them."""
    folder = tmp_path_factory.mktemp("elsewhere")
    subnet = docker("network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Subnet}}").strip()
    secrets, host = folder / "secrets", str(next(IPv4Network(subnet).hosts()))  # this machine, as containers see it
    postgres_port, nodes = free_port(), _nodes(folder, host)
    servers = ",".join(f"{host}:{node.port}" for node in nodes)
    gridwhistle("secrets", "init", "--folder", secrets, "--postgres", f"{host}:{postgres_port}", "--nats", servers)
    (folder / "etc" / "secrets").symlink_to(secrets / "nats")
    try:
        for node in nodes:
            node.start()
        _start_postgres(secrets, host, postgres_port)
        environment = {"GW_NATS_MONITORING_URL": f"http://{host}:{nodes[0].monitoring_port}", "GW_NATS_REPLICAS": "3"}
        files = ("docker-compose.yml", "elsewhere.yml")
        with standing(Deployment("gridwhistle-elsewhere", secrets, files, environment)) as deployment:
            deployment.settle()
            yield Elsewhere(deployment, nodes)
    finally:
        for node in nodes:
            node.kill()
        docker("rm", "--force", "--volumes", POSTGRES)


def _nodes(folder: Path, host: str) -> list[Node]:
    etc = folder / "etc" / "gridwhistle"
    etc.mkdir(parents=True)
    shutil.copy(ROOT / "deploy" / "nats" / "users.conf", etc)
    route_ports = [free_port() for _ in range(3)]
    routes = ", ".join(f'"nats://{host}:{port}"' for port in route_ports)
    nodes = []
    for number, route_port in enumerate(route_ports, 1):
        node = Node(host, etc / f"nats-{number}.conf", free_port(), free_port())
        node.configuration.write_text(
            NODE.format(
                name=node.name, host=host, port=node.port, monitoring_port=node.monitoring_port,
                route_port=route_port, routes=routes, store=folder / node.name,
            )
        )  # fmt: skip
        nodes.append(node)
    return nodes


def _start_postgres(secrets: Path, host: str, port: int) -> None:
    image, rooms = os.environ.get("POSTGRES_IMAGE", "postgres:18"), f"{secrets / 'postgres'}:/run/secrets:ro"
    password = (secrets / "postgres" / "superuser").read_text()
    docker(
        "run", "-d", "--name", POSTGRES, "-p", f"{host}:{port}:5432", "-v", rooms,
        "-e", "POSTGRES_PASSWORD_FILE=/run/secrets/superuser", image,
    )  # fmt: skip
    until(_postgres_is_ready)
    reached = {"PGHOST": host, "PGPORT": str(port), "PGPASSWORD": password}
    given = [word for name in reached for word in ("-e", name)]
    scripts = f"{ROOT / 'deploy' / 'postgres'}:/scripts:ro"
    docker("run", "--rm", "-v", rooms, "-v", scripts, *given, image, "sh", "/scripts/databases.sh", **reached)


def _postgres_is_ready() -> bool:
    asked = ["docker", "exec", POSTGRES, "pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0  # noqa: S603


@pytest.fixture
def reporter(elsewhere: Elsewhere) -> Iterator[Reporter]:
    deployment = elsewhere.deployment
    with httpx2.Client(base_url=deployment.base_url, timeout=30) as client:
        yield Reporter(deployment.person(client, "resident"))


def test_neither_runs_here(elsewhere: Elsewhere) -> None:
    listed = elsewhere.deployment.compose("ps", "--services").split()

    assert {*listed} == {*NAMES, "gateway"}


def test_a_report_is_told_to_three_servers_and_what_was_told_before_is_known(elsewhere: Elsewhere, reporter: Reporter) -> None:
    made = a_report(reporter.resident).json()

    assert made["grid_code"] == "990101001001003"  # which incidents has heard of from personnel
    until(elsewhere.everything_is_told)
    streams = elsewhere.nodes[0].streams()
    assert {name: stream["config"]["num_replicas"] for name, stream in streams.items()} == {
        stream_name(name): 3 for name in NAMES
    }


def test_nothing_accepted_is_lost_when_the_server_that_leads_dies(elsewhere: Elsewhere, reporter: Reporter) -> None:
    node = elsewhere.leader()
    assert node

    for number in range(120):
        if number == 40:
            node.kill()
        assert reporter.report()
    until(elsewhere.everything_is_told)
    node.start()
    until(elsewhere.everything_is_told)

    assert len(reporter.accepted) == 120
    for incident_id in reporter.accepted.values():
        assert elsewhere.asked(f"SELECT count(*) FROM incident WHERE id = '{incident_id}'") == 1


def test_a_service_starts_while_a_server_of_the_cluster_is_away(elsewhere: Elsewhere, reporter: Reporter) -> None:
    elsewhere.nodes[0].kill()

    elsewhere.deployment.compose("restart", "incidents")
    elsewhere.deployment.up()

    assert reporter.report()
    until(elsewhere.everything_is_told)
    elsewhere.nodes[0].start()


def test_a_backup_can_be_made_from_here(elsewhere: Elsewhere, reporter: Reporter) -> None:
    reporter.report()

    told = elsewhere.deployment.recover("backup", "/backups/monday")

    assert re.search(r"incidents agrees with [a-z, ]*personnel", told)
