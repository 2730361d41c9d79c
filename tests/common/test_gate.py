"""What a service refuses to start with, each with a reason in both languages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest

from gridwhistle.common import gate, migrations
from gridwhistle.common.issuer import ISSUER
from gridwhistle.common.settings import CannotServe, Settings
from gridwhistle.personnel.app import PERSONNEL
from gridwhistle.standalone.children import free_port
from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres
from tests.conftest import Loop

pytestmark = pytest.mark.anyio
PASSWORD = "fj39-fm2k-44ks"  # noqa: S105  of nobody
KEYS = {
    "zeros": "1:" + "00" * 32,
    "counted up": "1:" + bytes(range(32)).hex(),
    "a few digits over and over": "1:" + "0123456789abcdef" * 4,
}


@pytest.fixture(scope="module")
def url(background: Loop, postgres: Postgres) -> str:
    """Return a database that is up to date."""
    background.run(postgres.ensure_database("gate"))
    background.run(migrations.upgrade(PERSONNEL, postgres.url("gate")))
    return postgres.url("gate")


@pytest.fixture
def settings(url: str, nats_server: Nats, tmp_path: Path) -> Callable[..., Settings]:
    """Return settings for production with which nothing is wrong, but for what is named."""
    (tmp_path / "keys").write_text("7:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
    (tmp_path / "jwks.json").write_text('{"keys": []}')

    def made(**wrong: Any) -> Settings:
        right = {
            "database_url": url,
            "nats_url": nats_server.url,
            "nats_monitoring_url": nats_server.monitoring_url,
            "keys_file": tmp_path / "keys",
            "issuer": "https://id.county.example",
            "jwks_file": tmp_path / "jwks.json",
            "database_wait_s": 0,
        }
        return Settings(**{**right, **wrong})

    return made


async def refused(settings: Settings) -> str:
    """Return the one reason why a service does not start."""
    with pytest.raises(CannotServe) as refusal:
        await gate.check(PERSONNEL, settings)
    (reason,) = refusal.value.reasons
    assert any("一" <= letter <= "鿿" for letter in reason.zh)
    assert PASSWORD not in str(refusal.value)
    return reason.en


async def test_a_service_with_which_nothing_is_wrong_starts(settings: Callable[..., Settings]) -> None:
    await gate.check(PERSONNEL, settings())


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"keys_file": Path("/nowhere/keys")}, "GW_KEYS_FILE cannot be used (No such file or directory)."),
        ({"jwks_file": Path("/nowhere/jwks")}, "GW_JWKS_FILE names a file that is not there."),
        ({"nats_url": "nats://svc:changeme@nats:4222"}, "GW_NATS_URL has the password of a sample"),
        ({"nats_url": "nats://svc:Example-1@nats:4222"}, "GW_NATS_URL has the password of a sample"),
        ({"issuer": ISSUER}, "GW_ISSUER is the development issuer"),
        ({"jwks_file": None, "jwks_url": "http://id.county.example/jwks"}, "GW_JWKS_URL must be https"),
        ({"development": True}, "GW_DEVELOPMENT=true goes with the development issuer alone"),
    ],
    ids=[
        "no keys",
        "no key set",
        "a sample's password",
        "another sample's password",
        "the development issuer",
        "keys that travel openly",
        "development with a real issuer",
    ],
)
async def test_settings_of_a_sample_or_of_a_mistake_are_refused(
    settings: Callable[..., Settings], wrong: dict[str, Any], reason: str
) -> None:
    assert reason in await refused(settings(**wrong))


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
async def test_keys_of_a_sample_are_refused(settings: Callable[..., Settings], tmp_path: Path, key: str) -> None:
    (tmp_path / "sample").write_text(key)

    assert "Key 1 of GW_KEYS_FILE is a sample" in await refused(settings(keys_file=tmp_path / "sample"))


async def test_a_sample_password_of_the_database_is_refused(settings: Callable[..., Settings], url: str) -> None:
    with_password = url.replace("gridwhistle@", "gridwhistle:postgres@")

    assert "GW_DATABASE_URL has the password of a sample" in await refused(settings(database_url=with_password))


# --- PostgreSQL --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
async def test_a_database_that_forgets_is_refused(settings: Callable[..., Settings], url: str, name: str) -> None:
    connection = await asyncpg.connect(url)

    async def set_to(value: str) -> None:
        await connection.execute(f"ALTER SYSTEM SET {name} = {value}")
        await connection.execute("SELECT pg_reload_conf()")
        async with asyncio.timeout(30):
            while await connection.fetchval(f"SHOW {name}") != value:
                await asyncio.sleep(0.02)

    try:
        await set_to("off")
        reason = await refused(settings())
    finally:
        await set_to("on")
        await connection.close()

    assert f"PostgreSQL has {name} = off" in reason


async def test_an_empty_database_is_refused(settings: Callable[..., Settings], postgres: Postgres, background: Loop) -> None:
    background.run(postgres.ensure_database("gate_empty"))

    with pytest.raises(CannotServe) as refusal:
        await gate.check(PERSONNEL, settings(database_url=postgres.url("gate_empty")))

    assert [("it has none" in reason.en, "空库" in reason.zh) for reason in refusal.value.reasons] == [(True, True)] * 2


@pytest.mark.parametrize(("at", "starts"), [("personnel_0000", False), ("personnel_9999", True)], ids=["behind", "ahead"])
async def test_a_database_that_is_behind_is_refused_and_one_that_is_ahead_is_not(
    settings: Callable[..., Settings], url: str, at: str, starts: bool
) -> None:
    newest = PERSONNEL.newest_migrations()["personnel"]
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("UPDATE alembic_version SET version_num = $1 WHERE version_num = $2", at, newest)
        if starts:
            await gate.check(PERSONNEL, settings())
        else:
            assert f"({newest}; it has {at})" in await refused(settings())
    finally:
        await connection.execute("UPDATE alembic_version SET version_num = $1 WHERE version_num = $2", newest, at)
        await connection.close()


async def test_the_newest_migrations_are_those_that_alembic_names(url: str) -> None:
    connection = await asyncpg.connect(url)
    applied = {row[0] for row in await connection.fetch("SELECT version_num FROM alembic_version")}
    await connection.close()

    assert set(PERSONNEL.newest_migrations().values()) == applied


@pytest.mark.parametrize("wait_s", [0, 0.5])
async def test_a_database_that_is_away_is_waited_for_as_long_as_is_set(
    settings: Callable[..., Settings], wait_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    nobody = f"postgresql://gridwhistle:{PASSWORD}@127.0.0.1:{free_port()}/gate"

    reason = await refused(settings(database_url=nobody, database_wait_s=wait_s))

    assert f"PostgreSQL could not be reached within {wait_s:g} s (ConnectionRefusedError)" in reason
    assert ("waiting for PostgreSQL" in caplog.text) is (wait_s > 0)


async def test_a_database_that_goes_away_while_it_is_looked_at_is_looked_at_again(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looks = gate._of_durability, []

    async def cut(connection: "asyncpg.Connection[Any]") -> Any:
        looks.append(connection)
        if len(looks) == 1:
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return await look(connection)

    monkeypatch.setattr(gate, "_of_durability", cut)

    await gate.check(PERSONNEL, settings(database_wait_s=5))

    assert len(looks) == 2


async def test_a_database_that_does_not_know_us_is_refused_at_once(settings: Callable[..., Settings], url: str) -> None:
    other = url.replace("/gate", "/not_there")

    assert "does not take us in (InvalidCatalogNameError)" in await refused(settings(database_url=other, database_wait_s=60))


# --- NATS --------------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def monitoring(**told: Any) -> AsyncIterator[str]:
    """Play NATS's monitoring address."""
    body = orjson.dumps(told)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("version", "jetstream", "reason"),
    [
        ("2.15.0", {"config": {"sync_always": True}}, "NATS 2.15.0 is too old; 2.15.1 is the oldest that will do."),
        ("2.9.25", {"config": {"sync_always": True}}, "NATS 2.9.25 is too old"),
        ("2.15.1", {"config": {"sync_interval": 120_000_000_000}}, "JetStream has no `sync_interval: always`"),
        ("2.15.1", {}, "NATS runs without JetStream"),
    ],
    ids=["one release too old", "years too old", "on disk later", "no JetStream"],
)
async def test_a_nats_that_forgets_is_refused(
    settings: Callable[..., Settings], version: str, jetstream: dict[str, Any], reason: str
) -> None:
    async with monitoring(version=version, jetstream=jetstream) as url:
        assert reason in await refused(settings(nats_monitoring_url=url))


async def test_a_nats_that_is_away_hinders_no_start(settings: Callable[..., Settings]) -> None:
    await gate.check(PERSONNEL, settings(nats_monitoring_url=f"http://127.0.0.1:{free_port()}"))


async def test_every_reason_is_told_at_once(settings: Callable[..., Settings]) -> None:
    async with monitoring(version="2.0.0", jetstream={}) as url:
        with pytest.raises(CannotServe) as refusal:
            await gate.check(PERSONNEL, settings(issuer=ISSUER, nats_monitoring_url=url))

    assert [reason.en.split()[0] for reason in refusal.value.reasons] == ["GW_ISSUER", "NATS"]
