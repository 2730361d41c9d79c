"""What a service does besides serving when it is told a word: `migrate`, `reseal`, `verify`; where it runs, as who it is."""

import asyncio
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from gridwhistle.common import migrations
from gridwhistle.common.audit import prove, written_down
from gridwhistle.common.database import Database
from gridwhistle.common.files import Files
from gridwhistle.common.logs import set_up
from gridwhistle.common.resealing import reseal
from gridwhistle.common.sealing import Seal
from gridwhistle.common.settings import Migrating, read

if TYPE_CHECKING:
    from gridwhistle.common.service import Service


def _migrate(kind: "Service") -> None:
    """Bring the database to what this release needs, as its owner."""
    settings = read(Migrating)
    set_up(settings.log_level, settings.log_format)
    asyncio.run(migrations.upgrade(kind, settings.database_url))


def _reseal(kind: "Service") -> None:
    """Seal again, under the newest key, what older ones seal: values and files."""
    settings = read(kind.settings)
    seal = Seal.kept_in(settings.keys_file)

    async def values() -> tuple[int, int]:
        async with Database(settings.database_url, seal, {}).connected() as database:
            left = await reseal(database, kind.tables, lambda _values: None)
            return left.waiting, left.lost

    waiting, lost = asyncio.run(values())
    if kind.takes_files and settings.attachments_dir:
        lost += Files(settings.attachments_dir / kind.name, seal).reseal()[1]
    if waiting or lost:
        sys.exit(
            f"{kind.name}: {waiting:,} values are still sealed under older keys, {lost:,} cannot be opened by any key here"
        )
    print(f"{kind.name}: everything is sealed under key {seal.current}")  # noqa: T201  the output itself


def _verify(kind: "Service") -> None:
    """Prove that nothing was changed in the audit, against the anchors that this service wrote down."""
    settings = read(kind.settings)
    anchors = written_down(settings.anchors_file) if settings.anchors_file else []
    proof = asyncio.run(prove(settings.database_url, kind.name, anchors))
    if proof.faults:
        where = (f"seal {fault.seal}" + (f", row {fault.row}" if fault.row is not None else "") for fault in proof.faults)
        told = [f"{place}: {fault.what}" for place, fault in zip(where, proof.faults, strict=True)]
        sys.exit("\n".join([f"{kind.name}: the audit was changed", *told]))
    print(f"{kind.name}: {proof.rows:,} rows, {proof.seals:,} seals, {len(anchors):,} anchors: nothing was changed")  # noqa: T201  the same


WORDS: Final[dict[str, Callable[["Service"], None]]] = {"migrate": _migrate, "reseal": _reseal, "verify": _verify}
