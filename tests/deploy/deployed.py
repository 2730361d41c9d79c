"""The deployment as tests have it: under a name of its own, with secrets of its own, at a free port."""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import orjson
import pytest
from typer.testing import CliRunner

from gridwhistle.common.issuer import OWN, Issuer
from gridwhistle.standalone.children import free_port
from gridwhistle.standalone.cli import app
from gridwhistle.standalone.demo.county import County
from gridwhistle.standalone.demo.load import Loader
from tests.conftest import Person
from tests.system.test_the_loop import INCIDENTS

ROOT = Path(__file__).parents[2]


def _daemon() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "compose", "ls"], capture_output=True, check=False).returncode == 0  # noqa: S607


IN_CONTAINERS = [
    pytest.mark.containers,
    pytest.mark.skipif(not _daemon(), reason="no Docker daemon with compose answers; make compose-test says how to have one"),
]


def gridwhistle(*words: str | Path) -> str:
    """Run our command line on this machine, and return what it prints."""
    ran = CliRunner().invoke(app, [str(word) for word in words])
    assert ran.exit_code == 0, ran.output
    return ran.output


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
    """A deployment that runs."""

    project: str
    secrets: Path
    files: tuple[str, ...] = ("docker-compose.yml",)
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def compose(self, *words: str, **environment: str) -> str:
        backups = self.secrets.with_name("backups")
        own = {"GW_SECRETS": str(self.secrets), "GW_BACKUPS": str(backups), "GATEWAY_PORT": str(self.port)}
        files = [word for file in self.files for word in ("-f", str(ROOT / "deploy" / file))]
        return docker("compose", "-p", self.project, *files, *words, **{**own, **self.environment, **environment})

    def up(self, *words: str, **environment: str) -> None:
        self.compose("up", "-d", "--wait", "--wait-timeout", "180", *words, **environment)

    def tool(self, *words: str) -> str:
        """Run `gridwhistle` in a container, as whoever owns the secrets."""
        return self.compose("run", "--rm", "-T", "--user", f"{os.getuid()}:{os.getgid()}", "tools", *words)

    def recover(self, *words: str) -> str:
        """Run `gridwhistle` in the container that sees what is kept."""
        return self.compose("run", "--rm", "-T", "recovery", *words, "--data-dir", "/secrets")

    def told(self, service: str, word: str) -> str:
        """Tell a service that runs a word, and return what it says."""
        return self.compose("exec", "-T", service, "python", "-m", f"gridwhistle.{service}", word).strip()

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "-q", service).split()

    def addresses(self, service: str, network: str = "inside") -> list[str]:
        """Return where this machine, and no other, reaches the containers of a service that is not published."""
        networks = [inspected(container)["NetworkSettings"]["Networks"] for container in self.containers(service)]
        return [one[f"{self.project}_{network}"]["IPAddress"] for one in networks]

    def address(self, service: str) -> str:
        return self.addresses(service)[0]

    def url_of(self, service: str, room: str, setting: str) -> str:
        """Return an address from the secrets, as this machine reaches it."""
        written = (self.secrets / room / setting).read_text()
        return written.replace(f"@{service}:", f"@{self.address(service)}:")

    def asked(self, database: str, statement: str) -> str:
        """Ask a database as its server's own administrator."""
        words = ("psql", "-U", "postgres", "-d", database, "-qtAc", statement)
        return self.compose("exec", "-T", "postgres", *words).strip()

    def settle(self) -> None:
        """Load the demo county."""

        async def settle() -> dict[str, str]:
            issuer = Issuer.kept_in(self.secrets / "issuer" / "issuer.json", OWN)
            async with Loader.of(self.base_url, issuer, County()) as loader:
                return await loader.settle()

        self.tokens = asyncio.run(settle())

    def person(self, client: httpx2.Client, role: str) -> Person:
        return Person(client, self.tokens[role])


@contextmanager
def standing(deployment: Deployment) -> Iterator[Deployment]:
    """Build the images and start everything; take it all away afterwards."""
    try:
        began = time.monotonic()
        deployment.compose("--profile", "tools", "build")
        built_s = time.monotonic() - began
        deployment.up()
        up_s = time.monotonic() - began - built_s
        print(f"built in {built_s:.0f} s, up and healthy in {up_s:.0f} s")  # noqa: T201  the transcript tells it
        yield deployment
    finally:
        deployment.compose("--profile", "*", "down", "--volumes", "--timeout", "30")
        left = docker("volume", "ls", "-q", "--filter", f"label=com.docker.compose.project={deployment.project}")
        assert left == ""


def inspected(container: str) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(docker("inspect", container))[0]
    return told


def is_healthy(container: str) -> bool:
    healthy: bool = inspected(container)["State"]["Health"]["Status"] == "healthy"
    return healthy


def a_report(resident: Person, key: str = "") -> httpx2.Response:
    content = {"title": "井盖缺失", "location": {"lon": 120.160, "lat": 30.272}}
    return resident.post(INCIDENTS, content, Idempotency_Key=key or str(uuid4()))


@dataclass
class Reporter:
    """Somebody who reports whatever happens, and remembers what was promised."""

    resident: Person
    accepted: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def report(self, key: str = "") -> bool:
        """Report once; tell whether it was accepted."""
        key = key or str(uuid4())
        try:
            answer = a_report(self.resident, key)
        except httpx2.TransportError:
            self.unknown.add(key)
            return False
        if answer.status_code == 201:
            assert self.accepted.setdefault(key, answer.json()["id"]) == answer.json()["id"]
        else:
            assert answer.status_code in {429, 503}, answer.text
        return answer.status_code == 201

    def ask_again(self) -> None:
        """Report once more what nobody answered, under the keys that it had."""
        for key in list(self.unknown):
            until(lambda key=key: self.report(key))  # type: ignore[misc]


def until(holds: Callable[[], bool], patience_s: float = 60) -> None:
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end, f"it did not come within {patience_s:g} s"
        time.sleep(0.2)
