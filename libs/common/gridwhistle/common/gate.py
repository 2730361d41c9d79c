"""What is looked at before a service serves: settings that lose what was promised, or that are good for a sample only."""

import asyncio
import ipaddress
import logging
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import asyncpg
import httpx2

from gridwhistle.common.again import AWAY
from gridwhistle.common.issuer import ISSUER
from gridwhistle.common.problems import Term
from gridwhistle.common.sealing import read_keys
from gridwhistle.common.settings import CannotServe, Settings, tracing_is_asked_for

if TYPE_CHECKING:
    from gridwhistle.common.service import Service

log = logging.getLogger(__name__)
NATS_OLDEST: Final = (2, 15, 1)
_DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes")
_SAMPLES: Final = re.compile(
    r"(?i)|.*(change.?me|example|sample|password|secret).*|postgres|admin|root|test|gridwhistle|nats|1?23456\d*"
)
_DISTINCT_MIN: Final = 16
"""Bytes of a key: random ones have about thirty different ones among 32."""


async def check(kind: "Service", settings: Settings) -> None:
    """Look at the settings, the database and NATS; wait for the database for a while, saying so.

    Raises:
        CannotServe: with every reason that was found.
    """
    reasons = [*of_settings(settings), *await _of_database(kind, settings)]
    if kind.takes_files and settings.attachments_dir is None:
        reasons.append(
            Term(
                "本服务接收附件，须设置 GW_ATTACHMENTS_DIR。",
                "GW_ATTACHMENTS_DIR is missing: the service takes attachments, and keeps them there.",
            )
        )
    if fault := await bus_fault(settings.nats_monitoring_url):
        reasons.append(fault)
    for reason in reasons:
        log.critical("%s does not start: %s %s", kind.name, reason.en, reason.zh)
    if reasons:
        raise CannotServe(reasons)


# --- settings ----------------------------------------------------------------------------------------------------------------


def of_settings(settings: Settings) -> Iterator[Term]:
    """Return what is wrong with the settings by themselves."""
    try:
        keys = read_keys(settings.keys_file)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "a line is `number:64 hex digits`"
        yield Term(f"GW_KEYS_FILE 无法使用（{why}）。", f"GW_KEYS_FILE cannot be used ({why}).")
        keys = {}
    if settings.jwks_file and not settings.jwks_file.is_file():
        yield Term("GW_JWKS_FILE 指定的文件不存在。", "GW_JWKS_FILE names a file that is not there.")
    if tracing_is_asked_for() and find_spec("opentelemetry.sdk") is None:
        yield Term(
            "设置了 OTEL_EXPORTER_OTLP_ENDPOINT，但未安装追踪组件；请安装 gridwhistle-common[tracing]。",
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but what traces is not installed: gridwhistle-common[tracing].",
        )
    yield from _of_development(settings) if settings.development else _of_production(settings, keys)


def _of_production(settings: Settings, keys: Mapping[int, bytes]) -> Iterator[Term]:
    for number, key in keys.items():
        if len(set(key)) < _DISTINCT_MIN or key == bytes(sorted(key)):
            yield Term(
                f"GW_KEYS_FILE 中的 {number} 号密钥是示例密钥，请生成新密钥。",
                f"Key {number} of GW_KEYS_FILE is a sample; make a new one of 32 random bytes.",
            )
    for variable, url in (("GW_DATABASE_URL", settings.database_url), ("GW_NATS_URL", settings.nats_url)):
        password = urlsplit(url).password
        if password is not None and _SAMPLES.fullmatch(unquote(password)):
            yield Term(f"{variable} 使用示例口令，请更换。", f"{variable} has the password of a sample; choose another one.")
    if settings.issuer == ISSUER:
        yield Term(
            "GW_ISSUER 是开发用签发者，仅可与 GW_DEVELOPMENT=true 同用。",
            "GW_ISSUER is the development issuer, whose key is no secret; it goes with GW_DEVELOPMENT=true alone.",
        )
    if (
        settings.jwks_url
        and not settings.jwks_url.startswith("https://")
        and not _is_here(urlsplit(settings.jwks_url).hostname)
    ):
        yield Term(
            "GW_JWKS_URL 必须使用 https，否则令牌密钥可被途中替换。",
            "GW_JWKS_URL must be https: keys that travel openly can be replaced on the way.",
        )


def _of_development(settings: Settings) -> Iterator[Term]:
    if settings.issuer != ISSUER:
        yield Term(
            "GW_DEVELOPMENT=true 只能与开发用签发者同用；正式签发者要求关闭开发模式。",
            "GW_DEVELOPMENT=true goes with the development issuer alone; with a real issuer it must be false.",
        )


def _is_here(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


# --- the database ------------------------------------------------------------------------------------------------------------


async def _of_database(kind: "Service", settings: Settings) -> list[Term]:
    try:
        return await _looked_at(kind, settings)
    except (*AWAY, ValueError) as error:
        waited = f"{settings.database_wait_s:g}"
        return [
            Term(
                f"{waited} 秒内无法连接 PostgreSQL（{type(error).__name__}），请检查 GW_DATABASE_URL 与数据库。",
                f"PostgreSQL could not be reached within {waited} s ({type(error).__name__});"
                " look at GW_DATABASE_URL and the server.",
            )
        ]
    except asyncpg.PostgresError as error:
        return [
            Term(
                f"PostgreSQL 拒绝连接（{type(error).__name__}），请检查 GW_DATABASE_URL 的用户、口令与库名。",
                f"PostgreSQL does not take us in ({type(error).__name__}); look at user, password and name in GW_DATABASE_URL.",
            )
        ]


async def _looked_at(kind: "Service", settings: Settings) -> list[Term]:
    """Look at the database, anew when it goes away meanwhile, for as long as is set."""
    loop = asyncio.get_running_loop()
    until, said = loop.time() + settings.database_wait_s, False
    while True:
        try:
            connection = await asyncpg.connect(settings.database_url, timeout=3)
            try:
                return [*await _of_durability(connection), *await _of_migrations(kind, connection)]
            finally:
                await connection.close(timeout=3)
        except AWAY as error:
            if loop.time() >= until:
                raise
            if not said:
                log.warning("waiting for PostgreSQL, %g s at most: %s", settings.database_wait_s, type(error).__name__)
                said = True
        await asyncio.sleep(0.2)


async def _of_durability(connection: "asyncpg.Connection[Any]") -> list[Term]:
    rows = await connection.fetch("SELECT name, setting FROM pg_settings WHERE name = ANY($1)", _DURABLE)
    return [
        Term(
            f"PostgreSQL 的 {name} 为 {setting}，断电会丢失已确认的写入；请设为 on。",
            f"PostgreSQL has {name} = {setting}: what was acknowledged would not survive a power cut; set it to on.",
        )
        # remote_apply and remote_write promise as much and more; local and off promise less, or nothing.
        for name, setting in rows
        if setting == "off"
    ]


async def _of_migrations(kind: "Service", connection: "asyncpg.Connection[Any]") -> list[Term]:
    there = (
        "SELECT version_num FROM alembic_version"
        if await connection.fetchval("SELECT to_regclass('alembic_version')")
        else None
    )
    applied = {row[0].rpartition("_")[0]: row[0] for row in (await connection.fetch(there) if there else ())}
    # A newer database is fine: the release before must keep running while the next one is rolled out.
    behind = {name: needed for name, needed in kind.newest_migrations().items() if applied.get(name, "") < needed}
    return [
        Term(
            f"数据库未升级到本版本需要的结构（需要 {needed}，现为 {applied.get(name, '空库')}）；"
            f"请先运行 python -m gridwhistle.{kind.name} migrate。",
            f"The database is not at the migration that this release needs ({needed}; it has {applied.get(name, 'none')});"
            f" run python -m gridwhistle.{kind.name} migrate first.",
        )
        for name, needed in behind.items()
    ]


# --- NATS --------------------------------------------------------------------------------------------------------------------


async def bus_fault(monitoring_url: str | None) -> Term | None:
    """Return why the NATS server at a monitoring address cannot be used; None when it can, is away, or has no such address."""
    if monitoring_url is None:
        return None
    try:
        async with httpx2.AsyncClient(timeout=3, trust_env=False) as client:
            told = (await client.get(f"{monitoring_url.rstrip('/')}/varz")).raise_for_status().json()
    except (httpx2.HTTPError, ValueError, OSError) as error:
        # Writes go on without NATS, so a start does as well; it is looked at again once it is there.
        log.warning("NATS does not answer at its monitoring address: %s", type(error).__name__)
        return None
    return too_old(told["version"]) or _of_store(told.get("jetstream") or {})


def too_old(version: str) -> Term | None:
    """Return what to say of a NATS server that is older than what we rely on."""
    if tuple(int(part) for part in re.findall(r"\d+", version)[:3]) >= NATS_OLDEST:
        return None
    oldest = ".".join(map(str, NATS_OLDEST))
    return Term(
        f"NATS 版本 {version} 过旧，至少需要 {oldest}。", f"NATS {version} is too old; {oldest} is the oldest that will do."
    )


def _of_store(jetstream: dict[str, Any]) -> Term | None:
    if not jetstream.get("config"):
        return Term("NATS 未启用 JetStream。", "NATS runs without JetStream; switch it on.")
    if not jetstream["config"].get("sync_always"):
        return Term(
            "NATS 的 JetStream 未设置 sync_interval: always，断电会丢失已确认的事件。",
            "JetStream has no `sync_interval: always`: events that were acknowledged would not survive a power cut.",
        )
    return None
