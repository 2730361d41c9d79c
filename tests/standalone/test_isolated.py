"""`gridwhistle up --isolated`: every service a process of its own behind one address."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from tests.standalone.test_up import EMPTY, Terminal, gone

REPORT = {"title": "井盖缺失", "location": {"lon": 120.152, "lat": 30.2725}}


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path_factory.mktemp("isolated"), "--isolated", "--port", "0")
    yield terminal
    terminal.end(signal.SIGTERM)


@pytest.fixture
def ready(terminal: Terminal) -> dict[str, Any]:
    return terminal.ready()


@pytest.fixture
def client(ready: dict[str, Any]) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {ready['tokens']['grid_worker']}"}
    with httpx2.Client(base_url=ready["base_url"], headers=headers, timeout=30) as client:
        yield client


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def test_each_service_is_a_process_of_its_own(ready: dict[str, Any]) -> None:
    pids = ready["pids"]

    assert pids.keys() == {"suite", "postgres", "nats", "incidents", "inventory", "mediation", "personnel", "timebank"}
    assert len(set(pids.values())) == len(pids)
    assert "gridwhistle.incidents" in psutil.Process(pids["incidents"]).cmdline()


def test_requests_pass_through_unchanged(client: httpx2.Client) -> None:
    made = client.post("/incidents/v1/incidents", json=REPORT, headers={"Idempotency-Key": "k-1"})
    again = client.post("/incidents/v1/incidents", json=REPORT, headers={"Idempotency-Key": "k-1"})
    read = client.get(made.headers["location"])
    listed = client.get("/incidents/v1/incidents?limit=1&state=reported")

    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert again.headers["idempotency-replayed"] == "true"
    assert read.json().items() <= made.json().items()
    assert len(listed.json()["items"]) == 1


def test_a_body_without_a_length_passes_through(client: httpx2.Client) -> None:
    def parts() -> Iterator[bytes]:
        yield b'{"title": "a", '
        yield b'"location": {"lon": 120.152, "lat": 30.2725}}'

    answer = client.post("/incidents/v1/incidents", content=parts(), headers={"Content-Type": "application/json"})

    assert answer.status_code == 201


def test_health_and_metrics_of_all_are_told_at_the_root(client: httpx2.Client) -> None:
    fares, told = client.get("/readyz").json(), client.get("/metrics").text

    assert fares["status"] == "ready"
    assert fares["services"].keys() == {"incidents", "inventory", "mediation", "personnel", "timebank"}
    for service in ("incidents", "personnel"):
        assert f'gw_relay_leads{{service="{service}"}} 1' in told
    assert client.get("/openapi.json").json()["paths"]["/incidents/v1/incidents"]


def test_a_service_that_dies_is_started_again_and_meanwhile_the_rest_goes_on(
    client: httpx2.Client, ready: dict[str, Any], terminal: Terminal
) -> None:
    os.kill(ready["pids"]["incidents"], signal.SIGKILL)
    until(lambda: client.get("/readyz").status_code == 503)

    away = client.post("/incidents/v1/incidents", json=REPORT)
    other = client.get("/personnel/v1/workers")
    fares = client.get("/readyz").json()["services"]
    until(lambda: client.get("/readyz").json()["status"] == "ready")
    back = client.post("/incidents/v1/incidents", json=REPORT)

    assert (away.status_code, away.json()["code"]) == (503, "busy")
    assert away.headers["retry-after"]
    assert other.status_code == 403  # personnel answers: it is not a grid worker's to list workers
    assert fares["incidents"] == {"status": "not_ready", "parts": {"process": "away"}}
    assert fares["personnel"]["status"] == "ready"
    assert back.status_code == 201
    assert "is started again" in (terminal.folder / "data" / "gridwhistle.log").read_text()


def test_ctrl_c_stops_everything_in_order(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "--isolated", "--port", "0")
    pids = terminal.ready()["pids"]

    code, _output, errors = terminal.end()

    assert code == 0
    assert gone(pids)
    assert "Traceback" not in errors
    for service in ("incidents", "personnel"):
        told = (tmp_path / "data" / f"{service}.log").read_text()
        assert f"{service} has stopped" in told
        assert '"level":"error"' not in told


def test_nothing_is_left_when_the_suite_itself_is_killed(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "--isolated", *EMPTY)
    pids = terminal.ready()["pids"]

    terminal.process.kill()
    terminal.process.communicate()

    until(lambda: gone(pids))


def test_an_empty_suite_has_an_administrators_token_and_nothing_else(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, *EMPTY)
    ready = terminal.ready()
    headers = {"Authorization": f"Bearer {ready['tokens']['county_admin']}"}

    areas = httpx2.get(f"{ready['base_url']}/personnel/v1/areas", headers=headers)
    county = {"area_code": "990101000000", "level": "county", "name": "示例县"}
    made = httpx2.post(f"{ready['base_url']}/personnel/v1/areas", json=county, headers=headers)
    _code, output, _errors = terminal.end()

    assert ready["tokens"].keys() == {"county_admin"}
    assert areas.json()["items"] == []
    assert made.status_code == 201
    assert "Make the county" in output
