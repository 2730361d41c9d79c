"""Kept files: sealed, whole, and there as long as a row names them."""

import os
import signal
import stat
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from gridwhistle.common.attachments import drop_orphans, drop_unused
from gridwhistle.common.database import Database
from gridwhistle.common.files import Files
from gridwhistle.common.sealing import CannotOpen, Seal
from gridwhistle.common.tables import attachment
from tests import toolshed

pytestmark = pytest.mark.anyio
SEAL = Seal({1: bytes(32)})
TWO_DAYS_S = 2 * 24 * 3600


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files", SEAL)


def grown_old(files: Files) -> None:
    """Let everything in the folder be two days older."""
    for path in files._folder.rglob("*"):
        os.utime(path, (time.time() - TWO_DAYS_S,) * 2)


def there(files: Files) -> set[str]:
    return {path.name for path in files._folder.rglob("*") if path.is_file() and path.name != ".lock"}


async def named(database: Database, name: str, *, days_ago: int = 0) -> uuid.UUID:
    """Write a row that names a file, as an upload does."""
    async with toolshed.work(database).command(toolshed.CLERK) as tx:
        how = {"media_type": "image/jpeg", "size_bytes": 3, "uploaded_by": "clerk"}
        made = tx.insert(attachment, version=1, sha256=name, uploaded_at=tx.now, **how).id
    earlier = "UPDATE attachment SET uploaded_at = uploaded_at - $2 * interval '1 day' WHERE id = $1"
    await database.run(database.background, earlier, made, days_ago)
    return made


async def test_a_content_is_one_file_however_often_it_is_kept(files: Files) -> None:
    first, again, other = await files.keep(b"one"), await files.keep(b"one"), await files.keep(b"other")

    assert first == again != other
    assert there(files) == {first, other}
    assert await files.read(first) == b"one"


async def test_what_lies_in_the_folder_is_sealed_and_its_owners_alone(files: Files, tmp_path: Path) -> None:
    name = await files.keep(b"the pothole in Wenchang Road")

    assert b"pothole" not in files._path(name).read_bytes()
    assert stat.S_IMODE((tmp_path / "files").stat().st_mode) == 0o700
    with pytest.raises(CannotOpen):
        await Files(tmp_path / "files", Seal({1: bytes([7]) * 32})).read(name)


async def test_a_file_under_the_name_of_another_is_not_taken_for_it(files: Files) -> None:
    one, other = await files.keep(b"one"), await files.keep(b"other")
    files._path(one).write_bytes(files._path(other).read_bytes())

    with pytest.raises(CannotOpen):
        await files.read(one)


async def test_files_that_no_row_names_go_after_a_day_and_named_ones_stay(files: Files, database: Database) -> None:
    orphan, kept = await files.keep(b"orphan"), await files.keep(b"named")
    await named(database, kept)
    await drop_orphans(database, files)
    before = there(files)
    grown_old(files)
    young = await files.keep(b"young")

    await drop_orphans(database, files)

    assert before == {orphan, kept}
    assert there(files) == {kept, young}


async def test_a_content_that_is_kept_again_is_young_again(files: Files) -> None:
    name = await files.keep(b"again")
    grown_old(files)
    found = [name async for names in files.old() for name in names]
    await files.keep(b"again")

    await files.drop(name)  # the sweep had found it old, and its row may be on its way

    assert found == [name]
    assert await files.read(name) == b"again"


async def test_a_row_that_was_never_used_goes_a_day_after_it_could_be(files: Files, database: Database) -> None:
    old, young = await named(database, await files.keep(b"old"), days_ago=3), await named(database, "b" * 64, days_ago=1)

    await drop_unused(database)

    rows = await database.run(database.background, "SELECT id FROM attachment WHERE id = ANY($1)", [old, young])
    assert [row["id"] for row in rows] == [young]


@pytest.mark.parametrize("moment", ["after the file", "while it is written"])
async def test_a_process_killed_before_its_row_leaves_a_file_that_is_swept(
    files: Files, database: Database, moment: str
) -> None:
    """The file is on disk before the row: what a kill leaves is a file too many, never a row too many."""
    script = (
        "import asyncio, os, signal, sys; from pathlib import Path; from gridwhistle.common import files\n"
        "from gridwhistle.common.sealing import Seal\n"
        "die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "if sys.argv[2] == 'while it is written': files.os.fsync = die\n"
        "asyncio.run(files.Files(Path(sys.argv[1]), Seal({1: bytes(32)})).keep(b'photo'))\n"
        "die()"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(files._folder), moment], check=False)  # noqa: ASYNC221, S603
    left = there(files)
    rows = await database.run(database.background, "SELECT 1 FROM attachment WHERE sha256 = ANY($1)", list(left))
    grown_old(files)

    await drop_orphans(database, files)

    assert killed.returncode == -signal.SIGKILL
    assert (len(left), rows) == (1, [])
    assert all(name.endswith(".part") == (moment == "while it is written") for name in left)
    assert there(files) == set()
    assert await files.read(await files.keep(b"photo")) == b"photo"
