"""`gridwhistle up`, as a person at a terminal meets it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

GRIDWHISTLE = str(Path(sys.executable).parent / "gridwhistle")


EMPTY = ("--empty", "--port", "0")
"""What is the same without the demo county is looked at without it: to load one takes both processors for a while."""


class Terminal:
    """A suite that somebody started in a terminal."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.ready_file = folder / "ready.json"
        self.folder = folder
        command = [GRIDWHISTLE, "up", "--data-dir", str(folder / "data"), "--ready-file", str(self.ready_file), *options]
        self.process = subprocess.Popen(  # noqa: S603  our own command
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder
        )

    def ready(self) -> dict[str, Any]:
        """Wait until all is ready."""
        for _ in range(2_400):  # a machine may be busy
            if self.ready_file.exists():
                content: dict[str, Any] = json.loads(self.ready_file.read_text())
                return content
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.05)
        pytest.fail("the suite did not get ready")

    def end(self, told: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """Press Ctrl-C; return the exit code and what was printed."""
        if self.process.poll() is None:
            self.process.send_signal(told)
        output, errors = self.process.communicate(timeout=120)
        return self.process.returncode, output, errors


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    """Return a way to start suites; they are stopped in the end."""
    started: list[Terminal] = []

    def begin(*options: str) -> Terminal:
        started.append(Terminal(tmp_path, *(options or ("--port", "0"))))
        return started[-1]

    yield begin
    for terminal in started:
        terminal.end(signal.SIGTERM)


def gone(pids: dict[str, int]) -> bool:
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids.values())


def test_ctrl_c_stops_everything_and_a_second_start_keeps_the_data(start: Any) -> None:
    first = start()
    ready = first.ready()
    auth = {"Authorization": f"Bearer {ready['tokens']['grid_worker']}"}
    report = {"title": "井盖缺失", "location": {"lon": 120.152, "lat": 30.2725}}
    made = httpx2.post(f"{ready['base_url']}/incidents/v1/incidents", json=report, headers=auth).json()
    code, output, _errors = first.end()

    assert code == 0
    assert gone(ready["pids"])
    assert not first.ready_file.exists()
    assert "curl -s" in output

    second = start().ready()
    auth = {"Authorization": f"Bearer {second['tokens']['grid_worker']}"}
    kept = httpx2.get(f"{second['base_url']}/incidents/v1/incidents/{made['id']}", headers=auth)
    assert kept.json().items() <= made.items()
    assert second["tokens"].keys() == ready["tokens"].keys()


def test_the_printed_request_files_a_report_and_reads_it_back(start: Any, tmp_path: Path) -> None:
    terminal = start()
    terminal.ready()
    printed = ""
    while "Ctrl-C" not in printed:
        printed += terminal.process.stdout.readline()
    script = re.search(r"  BASE=.*(?=\n\nCtrl-C)", printed, re.DOTALL)
    assert script is not None

    answer = subprocess.run(["bash", "-c", script[0]], capture_output=True, text=True, check=True)  # noqa: S603, S607

    assert '"title":"井盖缺失"' in answer.stdout
    assert '"items":[{' in answer.stdout
    assert str(tmp_path) in printed


def test_one_token_is_printed_and_all_are_in_a_file_that_is_the_owners_alone(start: Any, tmp_path: Path) -> None:
    terminal = start()
    tokens = terminal.ready()["tokens"]
    file = tmp_path / "data" / "tokens"
    sourced = f'. "{file}"; echo -n "$dept_handler"'

    handler = subprocess.run(["bash", "-c", sourced], capture_output=True, text=True, check=True).stdout  # noqa: S603, S607
    _code, output, _errors = terminal.end()

    assert [name for name, made in tokens.items() if made in output] == ["town_acceptor"]
    assert str(file) in output
    assert (handler, file.stat().st_mode & 0o777) == (tokens["dept_handler"], 0o600)
    assert len(output.splitlines()) < 20


def test_more_tokens_are_made_for_the_suite_of_a_folder(start: Any, tmp_path: Path) -> None:
    base_url = start(*EMPTY).ready()["base_url"]
    made = subprocess.run(  # noqa: S603  our own command
        [GRIDWHISTLE, "token", "town_acceptor", "--area", "990101001", "--data-dir", str(tmp_path / "data")],
        capture_output=True,
        text=True,
        check=True,
    )

    answer = httpx2.get(f"{base_url}/incidents/v1/incidents", headers={"Authorization": f"Bearer {made.stdout.strip()}"})

    assert answer.status_code == 200


def test_a_taken_port_is_said_plainly(start: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        terminal = start("--empty", "--port", str(port))
        output, errors = terminal.process.communicate(timeout=120)

    assert terminal.process.returncode == 1
    assert f"port {port} cannot be used" in errors
    assert "Traceback" not in errors + output


def test_a_folder_that_cannot_be_written_is_said_plainly(start: Any, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    terminal = start(*EMPTY)
    _output, errors = terminal.process.communicate(timeout=120)

    assert terminal.process.returncode == 1
    assert "cannot be written" in errors
    assert "Traceback" not in errors


def test_a_second_suite_on_the_same_folder_is_refused(start: Any) -> None:
    start(*EMPTY).ready()
    second = start(*EMPTY)
    _output, errors = second.process.communicate(timeout=120)

    assert second.process.returncode == 1
    assert "is running on" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("part", ["postgres", "nats"])
def test_a_part_that_dies_is_named_and_the_rest_is_stopped(start: Any, part: str) -> None:
    terminal = start(*EMPTY)
    pids = terminal.ready()["pids"]
    os.kill(pids[part], signal.SIGKILL)
    _output, errors = terminal.process.communicate(timeout=120)

    assert terminal.process.returncode == 1
    assert "has stopped by itself" in errors
    assert gone(pids)


def test_nothing_is_left_when_the_suite_itself_is_killed(start: Any) -> None:
    terminal = start(*EMPTY)
    pids = terminal.ready()["pids"]
    terminal.process.kill()
    terminal.process.communicate()
    for _ in range(200):
        if gone(pids):
            break
        time.sleep(0.05)

    assert gone(pids)
    assert start(*EMPTY).ready()["tokens"]
