"""`gridwhistle backup`, `restore` and `check`: a suite that people work with is backed up, and put back elsewhere.

People file reports with pictures, go on shift and off again, which the other service hears, while the backup is made. What they
were promised before it began is there afterwards, opens, agrees and is proved; what is wrong with a backup is said in words.
"""

import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import asyncpg
import nats
import pytest
from typer.testing import CliRunner

from gridwhistle.common.bus import own_stream
from gridwhistle.standalone.cli import app
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.standalone.services import NAMES
from tests.common.test_uploads import picture
from tests.conftest import Loop, Person, RunningSuite, a_suite

ROOT = Path(__file__).parents[2]
GRIDWHISTLE = str(Path(sys.executable).parent / "gridwhistle")
PASSPHRASE = {"GW_KEYS_PASSPHRASE": "grid whistle county"}
REPORT = {"title": "井盖缺失", "location": {"lon": 120.152, "lat": 30.272}}
SHIFTS, INCIDENTS = "/personnel/v1/shifts", "/incidents/v1/incidents"


def gridwhistle(*words: str | Path, **environment: str) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words], env=PASSPHRASE | environment)


@dataclass
class Crowd:
    """People at work, and what they were promised: contents and answers by key, with the moment of each answer."""

    suite: RunningSuite
    promised: dict[str, tuple[dict[str, Any], bytes, float]] = field(default_factory=dict)
    enough: threading.Event = field(default_factory=threading.Event)

    def _report(self, name: str) -> None:
        person = self.suite.person("town_acceptor")
        for number in range(100_000):
            if self.enough.is_set():
                return
            made = person.send("/incidents/v1/attachments", picture(size=(64 + number % 200, 48)), "image/jpeg").json()
            content = {**REPORT, "attachment_ids": [made["id"]]}
            answer = person.post(INCIDENTS, content, Idempotency_Key=f"{name}-{number}")
            assert answer.status_code == 201, answer.text
            self.promised[f"{name}-{number}"] = (content, answer.content, time.monotonic())

    def _work(self) -> None:
        worker = self.suite.person("grid_worker")
        while not self.enough.is_set():
            on_and_off(worker)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        people = [threading.Thread(target=self._report, args=(name,)) for name in ("one", "other")]
        people.append(threading.Thread(target=self._work))
        for person in people:
            person.start()
        try:
            yield
        finally:
            self.enough.set()
            for person in people:
                person.join(30)


def on_and_off(worker: Person, grid_code: str = "990101001001001") -> None:
    started = worker.post(SHIFTS, {"grid_code": grid_code})
    assert started.status_code == 201, started.text
    worker.post(f"{SHIFTS}/{started.json()['id']}/end")


@dataclass
class Kept:
    """A backup, and what had been promised when it began."""

    folder: Path
    said: str
    promised: dict[str, tuple[dict[str, Any], bytes]]
    data: Path
    """The data folder of the suite, which has worked on since, and is stopped."""

    @property
    def keys(self) -> Path:
        return self.folder.with_name("backup.keys")


@pytest.fixture(scope="module")
def kept(background: Loop, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    there = tmp_path_factory.mktemp("recovery")
    with a_suite(background, there / "data") as suite:
        crowd = Crowd(suite)
        with crowd.at_work():
            while len(crowd.promised) < 20:
                time.sleep(0.05)
            began = time.monotonic()
            done = gridwhistle("backup", there / "backup", "--data-dir", suite.folder, "--with-keys")
        assert done.exit_code == 0, done.output
        on_and_off(suite.person("grid_worker"))
        heard = "SELECT count(*) FROM heard"
        before = background.run(ask(suite.postgres.url("incidents"), heard))
        on_and_off(suite.person("grid_worker"))
        for _ in range(200):  # the other service has to hear of it, or nothing is ahead
            if background.run(ask(suite.postgres.url("incidents"), heard)) > before:
                break
            time.sleep(0.05)
    promised = {key: (content, answer) for key, (content, answer, at) in crowd.promised.items() if at < began}
    return Kept(there / "backup", done.output, promised, there / "data")


@pytest.fixture(scope="module")
def restored(kept: Kept, background: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSuite]:
    folder = tmp_path_factory.mktemp("elsewhere") / "data"
    done = gridwhistle("restore", kept.folder, "--data-dir", folder, "--keys", kept.keys)
    assert done.exit_code == 0, done.output
    assert gridwhistle("check", "--data-dir", folder).exit_code == 0
    with a_suite(background, folder) as suite:
        yield suite


async def ask(url: str, query: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


# --- put back elsewhere ------------------------------------------------------------------------------------------------------


def test_a_backup_that_is_made_while_people_work_says_that_the_services_agree(kept: Kept) -> None:
    manifest = json.loads((kept.folder / "manifest.json").read_bytes())

    assert manifest["agreement"]["incidents"]["forked"] == 0
    assert manifest["attachments_lost"] == []
    assert manifest["services"].keys() == {*NAMES}
    assert "incidents agrees with inventory, mediation, personnel" in kept.said
    assert "incidents 与 inventory, mediation, personnel 一致" in kept.said
    assert "开本备份中的全部个人信息" in kept.said
    assert kept.keys.stat().st_mode & 0o077 == kept.folder.stat().st_mode & 0o077 == 0


def test_its_sums_are_checked_without_us(kept: Kept) -> None:
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=kept.folder, check=True)  # noqa: S607


def test_what_was_promised_before_it_is_promised_still(kept: Kept, restored: RunningSuite) -> None:
    person = restored.person("town_acceptor")

    answers = {key: person.post(INCIDENTS, content, Idempotency_Key=key) for key, (content, _) in kept.promised.items()}

    assert len(answers) >= 20
    # The answers are sealed: who repeats them opens them.
    assert all(answer.headers.get("Idempotency-Replayed") == "true" for answer in answers.values())
    assert {key: answer.content for key, answer in answers.items()} == {key: was for key, (_, was) in kept.promised.items()}


def test_its_attachments_open(kept: Kept, restored: RunningSuite) -> None:
    person = restored.person("town_acceptor")
    ids = [content["attachment_ids"][0] for content, _ in kept.promised.values()]

    files = [person.get(f"/incidents/v1/attachments/{id_}") for id_ in ids]

    assert {file.status_code for file in files} == {200}
    assert {file.content[:3] for file in files} == {b"\xff\xd8\xff"}


def test_the_services_agree_and_go_on_together(restored: RunningSuite, background: Loop, eventually: Any) -> None:
    on_and_off(restored.person("grid_worker_003"), "990101001001003")

    def shifts(service: str, table: str) -> str:
        query = f"SELECT string_agg(id || coalesce(ended_at::text, ''), ' ' ORDER BY id) FROM {table}"
        told: str = background.run(ask(restored.postgres.url(service), query))
        return told

    eventually(lambda: shifts("personnel", "shift") == shifts("incidents", "known_shift"))
    answer = gridwhistle("check", "--data-dir", restored.folder)
    assert answer.exit_code == 0
    assert re.search(r"incidents agrees with [a-z, ]*personnel", answer.output)


def test_the_streams_are_filled_again_under_a_new_epoch(restored: RunningSuite, background: Loop, eventually: Any) -> None:
    url = restored.postgres.url("personnel")

    eventually(lambda: background.run(ask(url, "SELECT count(*) FROM waiting")) == 0)

    assert background.run(ask(url, "SELECT max(epoch) FROM outbox")) == 2
    assert background.run(ask(url, "SELECT count(*) = (SELECT count(*) FROM outbox) FROM published"))


def test_its_audit_is_proved_against_the_anchors_that_came_with_it(restored: RunningSuite) -> None:
    answer = gridwhistle("audit", "verify", "--data-dir", restored.folder)

    assert answer.exit_code == 0, answer.output
    assert "against 0 anchors" not in answer.output


def test_the_examples_of_the_manual_work_as_they_stand(restored: RunningSuite, tmp_path: Path) -> None:
    manual = (ROOT / "docs" / "operating.md").read_text()
    section = manual.partition("## Backup and restore")[2].partition("\n## ")[0]
    places = {"BACKUPS": str(tmp_path), "DATA": str(restored.folder), "NEW": str(tmp_path / "new")}
    for block in re.findall(r"```bash\n(.*?)```", section, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("gridwhistle "):  # in this process: a new one would load everything again
                answer = gridwhistle(*shlex.split(Template(line.removeprefix("gridwhistle ")).substitute(places)))
                assert answer.exit_code == 0, answer.output
            else:
                subprocess.run(["bash", "-euc", line], env=os.environ | places, check=True)  # noqa: S603, S607

    assert {path.name for path in tmp_path.iterdir()} == {"monday", "monday.keys", "new"}


# --- histories that fork -----------------------------------------------------------------------------------------------------


def test_a_service_that_alone_is_set_back_is_reported_and_there_is_a_way_on(kept: Kept, tmp_path: Path) -> None:
    subprocess.run(["cp", "-a", kept.data, tmp_path / "data"], check=True)  # noqa: S603, S607  with owners
    where = ("--data-dir", tmp_path / "data")

    set_back = gridwhistle("restore", kept.folder, *where, "--only", "personnel", "--replace")
    found = gridwhistle("check", *where)
    replayed = gridwhistle("replay", "incidents", *where)
    settled = gridwhistle("check", *where)

    assert (set_back.exit_code, found.exit_code) == (1, 1), set_back.output
    for answer in (set_back, found):
        assert "incidents and inventory, mediation, personnel are in different histories" in answer.output
        assert "incidents 与 inventory, mediation, personnel 的历史已分叉" in answer.output
    assert "heard, and never told" in replayed.output
    assert settled.exit_code == 0, settled.output


# --- what is wrong is said ---------------------------------------------------------------------------------------------------


@pytest.fixture
def damaged(kept: Kept, tmp_path: Path) -> Path:
    """Return a copy of the backup, to be damaged."""
    return Path(shutil.copytree(kept.folder, tmp_path / "backup"))


def _flip(folder: Path) -> None:
    content = bytearray((folder / "incidents.dump").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "incidents.dump").write_bytes(content)


def _of_a_newer_release(folder: Path) -> None:
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace("personnel_0", "personnel_9"))
    sums = (folder / "SHA256SUMS").read_text().splitlines()
    kept = [line for line in sums if not line.endswith("manifest.json")]
    (folder / "SHA256SUMS").write_text(
        "\n".join([*kept, f"{hashlib.sha256(manifest.read_bytes()).hexdigest()}  manifest.json"]) + "\n"
    )


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(_flip, "incidents.dump is not what was written", id="a flipped bit"),
        pytest.param(lambda folder: (folder / "personnel.dump").unlink(), "personnel.dump is missing", id="a missing file"),
        pytest.param(lambda folder: (folder / "more").touch(), "more is not in SHA256SUMS", id="a strange file"),
        pytest.param(lambda folder: (folder / "SHA256SUMS").unlink(), "is no backup", id="no sums"),
        pytest.param(_of_a_newer_release, "made by a newer release", id="a newer release"),
    ],
)
def test_a_damaged_backup_is_refused_before_anything_is_made(kept: Kept, damaged: Path, damage: Any, words: str) -> None:
    damage(damaged)

    answer = gridwhistle("restore", damaged, "--data-dir", damaged.parent / "new", "--keys", kept.keys)

    assert answer.exit_code == 2
    assert words in answer.output
    assert not (damaged.parent / "new").exists()


def test_without_its_keys_nothing_is_restored(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "other").write_text(f"1:{'ab' * 32}\n")
    folder = ("restore", kept.folder, "--data-dir", tmp_path / "new")

    answers = [
        gridwhistle(*folder),
        gridwhistle(*folder, "--keys", tmp_path / "other"),
        gridwhistle(*folder, "--keys", kept.keys, GW_KEYS_PASSPHRASE="another passphrase"),  # noqa: S106  a wrong one
    ]

    assert [answer.exit_code for answer in answers] == [2, 2, 2]
    assert all("sealed under keys that are not" in answer.output for answer in answers[:2])
    assert "does not open" in answers[2].output
    assert not (tmp_path / "new").exists()


def test_what_is_there_is_not_lost_unless_that_is_said(kept: Kept, restored: RunningSuite) -> None:
    onto_a_running_one = gridwhistle("restore", kept.folder, "--data-dir", restored.folder, "--replace")
    onto_a_stopped_one = gridwhistle("restore", kept.folder, "--data-dir", kept.data)
    onto_a_backup = gridwhistle("backup", kept.folder, "--data-dir", kept.data)

    assert [answer.exit_code for answer in (onto_a_running_one, onto_a_stopped_one, onto_a_backup)] == [2, 2, 2]
    assert "is in use" in onto_a_running_one.output
    assert "is not empty" in onto_a_stopped_one.output
    assert "is there already" in onto_a_backup.output


def test_a_full_disk_is_said_and_leaves_nothing(restored: RunningSuite, tmp_path: Path) -> None:
    # No file may be larger than 64 KB: to whoever writes one, that is what a full disk is.
    command = f"ulimit -f 64; exec {GRIDWHISTLE} backup {tmp_path}/backup --data-dir {restored.folder}"
    answer = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)  # noqa: S603, S607

    assert answer.returncode == 2
    assert "it stopped at" in answer.stderr
    assert ".dump: File too large. Nothing of it is kept." in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_under_a_restore_is_said(kept: Kept, background: Loop, postgres: Postgres, tmp_path: Path) -> None:
    for name in NAMES:
        background.run(postgres.ensure_database(f"full_{name}"))
    databases = " ".join(f"{name}={postgres.url(f'full_{name}')}" for name in NAMES)
    command = f"ulimit -f 0; exec {GRIDWHISTLE} restore {kept.folder} --keys {kept.keys}"
    environment = PASSPHRASE | {"GW_DATABASES": databases, "GW_ATTACHMENTS_DIR": str(tmp_path / "attachments")}
    answer = subprocess.run(  # noqa: S603
        ["bash", "-c", command],  # noqa: S607
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 2
    assert "it stopped at" in answer.stderr
    assert "File too large. Make room, and restore again with --replace." in answer.stderr
    assert "Traceback" not in answer.stderr


# --- parts that are named ----------------------------------------------------------------------------------------------------


async def _make_a_stream(nats_url: str) -> None:
    client = await nats.connect(nats_url)
    await own_stream(client.jetstream(), "personnel")
    await client.close()


async def _streams(nats_url: str) -> list[str]:
    client = await nats.connect(nats_url)
    try:
        return [str(info.config.name) for info in await client.jetstream().streams_info()]
    finally:
        await client.close()


def test_a_suite_whose_parts_are_named_is_restored_and_backed_up(
    kept: Kept, background: Loop, postgres: Postgres, tmp_path: Path
) -> None:
    bus = background.run(Nats.start(tmp_path))
    background.run(_make_a_stream(bus.url))
    for name in NAMES:
        background.run(postgres.ensure_database(f"named_{name}"))
    databases = {name: f"{name}={postgres.url(f'named_{name}')}" for name in NAMES}
    where = ["--attachments-dir", tmp_path / "attachments", "--keys-file", tmp_path / "keys"]
    named = [word for database in databases.values() for word in ("--database", database)]
    restore = ["restore", kept.folder, *named, *where, "--nats-url", bus.url, "--keys", kept.keys]

    refused = gridwhistle(*restore)
    restored = gridwhistle(*restore, "--replace")
    backed_up = gridwhistle("backup", tmp_path / "again", *where, GW_DATABASES=" ".join(databases.values()))
    streams = background.run(_streams(bus.url))
    background.run(bus.child.stop())

    assert (refused.exit_code, "GW_PERSONNEL is there already" in refused.output) == (2, True)
    assert (restored.exit_code, backed_up.exit_code, streams) == (0, 0, []), restored.output + backed_up.output
    first, second = (json.loads((folder / "manifest.json").read_bytes()) for folder in (kept.folder, tmp_path / "again"))
    assert {name: one["rows"] for name, one in first["services"].items()} == {
        name: one["rows"] for name, one in second["services"].items()
    }
    assert first["keys"] == second["keys"]


@pytest.mark.parametrize(
    ("databases", "words"),
    [
        pytest.param(["personnel=postgresql://127.0.0.1/x"], "name the database of each service once", id="one too few"),
        pytest.param([f"{name}=mysql://a/b" for name in NAMES], "is to be postgresql://", id="another kind"),
        pytest.param([f"{name}=postgresql://127.0.0.1:1/x" for name in NAMES], "does not take us in", id="nobody there"),
        pytest.param([f"{name}=postgresql://127.0.0.1/x" for name in NAMES], "has attachments: name", id="without attachments"),
    ],
)
def test_databases_that_cannot_be_are_said(databases: list[str], words: str, tmp_path: Path) -> None:
    named = [word for database in databases for word in ("--database", database)]

    where = [] if "attachments" in words else ["--attachments-dir", tmp_path / "attachments"]
    answer = gridwhistle("backup", tmp_path / "backup", *named, *where)

    assert (answer.exit_code, words in answer.output) == (2, True), answer.output
    assert list(tmp_path.iterdir()) == []
