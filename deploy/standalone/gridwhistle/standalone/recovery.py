"""`gridwhistle backup`, `restore` and `check`: for a suite of a data folder, or for one whose parts are named one by one."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import asyncpg
import typer
import uvloop

from gridwhistle.standalone.children import CannotStart
from gridwhistle.standalone.postgres import is_of_containers
from gridwhistle.standalone.shown import FOLDER, Folder, say, tell

if TYPE_CHECKING:
    from gridwhistle.common.agreement import Agreement
    from gridwhistle.standalone.stack import Stack

PASSPHRASE: Final = "GW_KEYS_PASSPHRASE"  # noqa: S105  where it is, not what it is

Databases = Annotated[
    list[str] | None,
    typer.Option(
        "--database",
        envvar="GW_DATABASES",
        help="Instead of --data-dir, once for each service: incidents=postgresql://user:password@host/name.",
    ),
]
KeysFile = Annotated[Path | None, typer.Option(envvar="GW_KEYS_FILE", help="With --database: the keys of the services.")]
AttachmentsDir = Annotated[
    Path | None, typer.Option(envvar="GW_ATTACHMENTS_DIR", help="With --database: where the attachments are.")
]
AnchorsFile = Annotated[
    Path | None, typer.Option(envvar="GW_ANCHORS_FILE", help="With --database: where the audit's seals are written down.")
]


@dataclass(frozen=True)
class _Where:
    """What the command line says about where the suite is."""

    data_dir: Path
    databases: list[str] | None
    keys_file: Path | None = None
    attachments_dir: Path | None = None
    anchors_file: Path | None = None
    nats_url: str | None = None

    @asynccontextmanager
    async def stack(self, *, make: bool = False) -> "AsyncIterator[Stack]":
        # The services take a second or two to load.
        from gridwhistle.standalone import stack  # noqa: PLC0415

        if found := self._elsewhere():
            yield found
            return
        async with stack.in_folder(self.data_dir.absolute(), make=make) as found:
            yield found

    def marks(self) -> dict[str, str]:
        """Return what the keys that are in place are recognised by."""
        from gridwhistle.standalone import key_copies  # noqa: PLC0415  as above

        if found := self._elsewhere():
            return found.marks()
        keys_file = self.data_dir / "keys"
        return key_copies.marks(keys_file if keys_file.exists() else None)

    def _elsewhere(self) -> "Stack | None":
        from gridwhistle.standalone import stack  # noqa: PLC0415  as above

        if self.databases:
            return stack.named(
                self.databases,
                keys_file=self.keys_file,
                attachments_dir=self.attachments_dir,
                anchors_file=self.anchors_file,
                nats_url=self.nats_url,
            )
        return stack.in_containers(self.data_dir) if is_of_containers(self.data_dir) else None


def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder, which will be the backup.")],
    data_dir: Folder = FOLDER,
    databases: Databases = None,
    keys_file: KeysFile = None,
    attachments_dir: AttachmentsDir = None,
    anchors_file: AnchorsFile = None,
    *,
    with_keys: Annotated[
        bool,
        typer.Option("--with-keys", help=f"Also write FOLDER.keys: the keys, under a passphrase (asked for, or {PASSPHRASE})."),
    ] = False,
) -> None:
    """Back up every service while people work: databases, attachments, a manifest (备份)."""
    where = _Where(data_dir, databases, keys_file, attachments_dir, anchors_file)
    passphrase = _passphrase(twice=True) if with_keys else None

    async def work() -> bool:
        from gridwhistle.standalone.backup import back_up  # noqa: PLC0415  as above

        async with where.stack() as stack:
            sealed = _sealed_keys(stack, passphrase) if passphrase else None
            kept = await back_up(stack, folder.absolute(), _step)
            if sealed:
                _write_keys(folder.with_name(folder.name + ".keys"), sealed)
        tell.print(
            f"{folder}: {kept.bytes / 1e6:,.1f} MB, {kept.attachments:,} attachments, in {kept.seconds:.1f} s."
            f" 备份完成，共 {kept.bytes / 1e6:,.1f} MB。"
        )
        _about_keys(folder, stack, with_keys=with_keys)
        if kept.lost:
            _warn(
                f"{len(kept.lost):,} attachments that rows name were not in their folder, {kept.lost[0]} for one.",
                f"有 {len(kept.lost):,} 个附件在库中有记录而文件缺失。",
            )
        return _report(kept.agreements) and not kept.lost

    _run("Nothing was backed up 备份未完成", work)


def restore(
    folder: Annotated[Path, typer.Argument(help="The backup.")],
    data_dir: Folder = FOLDER,
    databases: Databases = None,
    keys_file: KeysFile = None,
    attachments_dir: AttachmentsDir = None,
    anchors_file: AnchorsFile = None,
    nats_url: Annotated[
        str | None, typer.Option(envvar="GW_NATS_URL", help="With --database: of a user who may delete streams.")
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="The copy of the keys that goes with it: FOLDER.keys, or a key file as it is.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Only the database of this service; may be given again. The others stay.")
    ] = None,
    *,
    replace_all: Annotated[bool, typer.Option("--replace", help="What is there may be lost.")] = False,
) -> None:
    """Put a backup back into an empty suite, which is stopped; then compare the services (恢复)."""
    where = _Where(data_dir, databases, keys_file, attachments_dir, anchors_file, nats_url)
    opened = _opened_keys(keys) if keys else None

    async def work() -> bool:
        from gridwhistle.standalone import key_copies, restore  # noqa: PLC0415  as above
        from gridwhistle.standalone.services import NAMES  # noqa: PLC0415  as above
        from gridwhistle.standalone.stack import look  # noqa: PLC0415  as above

        if unknown := {*(only or ())} - {*NAMES}:
            raise CannotStart(f"there is no service {unknown.pop()}; there are: {', '.join(NAMES)}.")
        # All of this before anything is made.
        marks = where.marks() if opened is None else key_copies.marks_in(opened)
        place = "in the file that was given" if opened else "in place"
        manifest = restore.readable(folder.absolute(), marks, place)
        _step("every file is as it was written 校验无误")
        async with where.stack(make=True) as stack:
            seconds = await restore.restore(
                stack, folder.absolute(), _step, manifest=manifest, keys=opened, replace=replace_all, only=only or NAMES
            )
            tell.print(
                f"Restored to {manifest['made_at']} in {seconds:.1f} s. 已恢复至 {manifest['made_at']} 的状态，请照常启动。"
            )
            try:
                async with look(stack) as seen:
                    return _report(seen.agreements)
            except CannotStart as reason:  # the other services are still to be restored, say
                _warn(f"The services were not compared: {reason}", "各服务之间未能核对。")
                return False

    _run("The restore is not done 恢复未完成", work)


def check(data_dir: Folder = FOLDER, databases: Databases = None) -> None:
    """Compare the services: what each has heard with what the others have told (核对)."""
    where = _Where(data_dir, databases)

    async def work() -> bool:
        from gridwhistle.standalone.stack import look  # noqa: PLC0415  as above

        async with where.stack() as stack, look(stack) as seen:
            return _report(seen.agreements)

    _run("Nothing was compared 核对未完成", work)


def _run(failed: str, work: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    try:
        is_well = uvloop.run(work())
    except CannotStart as reason:
        why = str(reason)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        why = f"a database went away, or did not do what was asked ({type(error).__name__}: {error})."
    else:
        sys.exit(0 if is_well else 1)
    say.print(f"[red]{failed}:[/]", end=" ")
    say.print(why, markup=False)
    sys.exit(2)


def _report(agreements: "Iterable[Agreement]") -> bool:
    """Say how far the services agree; tell whether they do."""
    is_well = True
    for one in agreements:
        if not one.sources:
            continue
        sources = ", ".join(sorted(one.sources))
        if one.forked:
            is_well = False
            _warn(
                f"{one.service} and {sources} are in different histories: {one.service} has heard of {one.forked:,} things what"
                f" {sources} has not told. One of their databases was set back to an earlier day. Restore both from one backup;"
                f" if that cannot be, look through these things, discard their dead letters, and run `gridwhistle replay"
                f" {one.service}`.",
                f"{one.service} 与 {sources} 的历史已分叉：{one.service} 已收到 {sources} 中并不存在的事件，"
                f"涉及 {one.forked:,} 个对象。其中一个数据库被恢复到了更早的时间。请用同一份备份恢复两者；"
                f"若做不到，请逐一核对这些对象，清理其未处理消息，再运行 `gridwhistle replay {one.service}`。",
            )
            for thing in one.shown:
                say.print(f"  {thing.thing_id}, event {thing.event_no} 第 {thing.event_no} 个事件")
        else:
            waits = f", and will hear more of {one.behind:,}" if one.behind else ""
            waits_zh = f"，另有 {one.behind:,} 个对象的事件待补收" if one.behind else ""
            tell.print(
                f"{one.service} agrees with {sources}: it has heard of {one.heard:,} things{waits}."
                f" {one.service} 与 {sources} 一致，已收到 {one.heard:,} 个对象的事件{waits_zh}。"
            )
    return is_well


# --- keys --------------------------------------------------------------------------------------------------------------------


def _passphrase(*, twice: bool) -> str:
    if given := os.environ.get(PASSPHRASE):
        return given
    if not sys.stdin.isatty():
        say.print(f"[red]The copy of the keys needs a passphrase:[/] set {PASSPHRASE}, or run this on a terminal.")
        sys.exit(2)
    return str(typer.prompt("Passphrase of the keys 密钥口令", hide_input=True, confirmation_prompt=twice, err=True))


def _sealed_keys(stack: "Stack", passphrase: str) -> bytes:
    from gridwhistle.standalone import key_copies  # noqa: PLC0415  as above

    keys_file = stack.keys_files.get("")
    if not key_copies.marks(keys_file):
        why = "a copy of the secrets has them" if stack.keys_files else "name them with --keys-file"
        raise CannotStart(f"there are no keys to copy: {why}.")
    assert keys_file is not None
    return key_copies.seal(keys_file.read_bytes(), passphrase)


def _write_keys(path: Path, sealed: bytes) -> None:
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(sealed)
    except OSError as error:
        raise CannotStart(
            f"the copy of the keys, {path}, cannot be written: {error.strerror}. The backup itself is whole."
        ) from None


def _opened_keys(path: Path) -> bytes:
    from gridwhistle.standalone import key_copies  # noqa: PLC0415  as above

    try:
        copy = path.read_bytes()
        return key_copies.unseal(copy, _passphrase(twice=False)) if key_copies.is_sealed(copy) else copy
    except OSError as error:
        say.print(f"[red]The keys cannot be read:[/] {path}: {error.strerror}.")
    except CannotStart as reason:
        say.print(f"[red]The restore is not done 恢复未完成:[/] {reason}")
    sys.exit(2)


def _about_keys(folder: Path, stack: "Stack", *, with_keys: bool) -> None:
    if with_keys:
        _warn(
            f"{folder.name}.keys opens every personal value in this backup. Keep it, and its passphrase, apart from the backup"
            " and from each other.",
            f"{folder.name}.keys 可解开本备份中的全部个人信息。请将它与备份、与口令分别保管。",
        )
    else:
        _warn(
            f"The keys are NOT in this backup, and without them no personal value and no attachment in it can be read. Keep a"
            f" copy of {stack.keys_files.get('') or 'the key files'} elsewhere, or use --with-keys.",
            "本备份不含密钥；没有密钥，其中的个人信息和附件均无法读取。请另行保管密钥文件，或使用 --with-keys。",
        )


def _warn(en: str, zh: str) -> None:
    say.print(f"[yellow]{en}[/]")
    say.print(f"[yellow]{zh}[/]")


def _step(what: str) -> None:
    say.print(what, markup=False)
