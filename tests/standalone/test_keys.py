"""`gridwhistle keys`: a new key, then everything under it, whether the suite runs or not."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gridwhistle.common import migrations
from gridwhistle.common.database import Database, Db
from gridwhistle.common.principal import system
from gridwhistle.common.sealing import Seal, make_keys, read_keys
from gridwhistle.standalone.cli import app
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.standalone.services import KINDS
from tests.conftest import Loop


def gridwhistle(*words: str | Path) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


async def _answer_once(url: str, folder: Path) -> None:
    """Leave a stored answer, sealed under the newest key."""
    async with Database(url, Seal.kept_in(folder / "keys"), {}).connected() as database:
        db = Db(database, scope="test", key="k-1", request_id="r-1", background=True)
        async with db.command(system("incidents")):
            pass


@contextmanager
def _server(background: Loop, folder: Path) -> Iterator[Postgres]:
    """Run a PostgreSQL that ends with the block, whatever goes wrong in it."""
    postgres = background.run(Postgres.start(folder))
    try:
        yield postgres
    finally:
        background.run(postgres.child.stop())


def _a_stopped_suite(background: Loop, folder: Path) -> None:
    make_keys(folder / "keys")
    with _server(background, folder) as postgres:
        for kind in KINDS:
            background.run(postgres.ensure_database(kind.name))
            background.run(migrations.upgrade(kind, postgres.url(kind.name)))
        background.run(_answer_once(postgres.url("incidents"), folder))


@pytest.mark.parametrize("runs", [pytest.param(True, id="a running suite"), pytest.param(False, id="a stopped suite")])
def test_a_new_key_takes_over_from_the_old_one(background: Loop, tmp_path: Path, *, runs: bool) -> None:
    _a_stopped_suite(background, tmp_path)

    with _server(background, tmp_path) if runs else nullcontext():
        added = gridwhistle("keys", "add", "--data-dir", tmp_path)
        resealed = gridwhistle("keys", "reseal", "--data-dir", tmp_path)
        still_runs = (tmp_path / "postgres" / "postmaster.pid").exists()

    assert (added.exit_code, list(read_keys(tmp_path / "keys"))) == (0, [1, 2])
    assert (resealed.exit_code, "Everything is sealed under key 2" in resealed.output) == (0, True)
    assert still_runs is runs


def test_without_a_suite_nothing_is_done(tmp_path: Path) -> None:
    answers = [gridwhistle("keys", what, "--data-dir", tmp_path) for what in ("add", "reseal")]

    assert [answer.exit_code for answer in answers] == [1, 1]
    assert all("There is no suite" in answer.output or "there is no suite" in answer.output for answer in answers)
