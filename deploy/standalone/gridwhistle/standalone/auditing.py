"""The proof of the audit of every service of a data folder, whether its suite runs or is stopped."""

import asyncio
import re
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from nats.aio.client import Client
from nats.js.errors import NotFoundError
from rich.table import Table

from gridwhistle.common.audit import Head, Proof, prove, written_down
from gridwhistle.common.bus import BUS_AWAY, stream_name
from gridwhistle.common.events import Envelope
from gridwhistle.standalone.postgres import databases
from gridwhistle.standalone.services import ANCHORS, NAMES

_PATIENCE_S = 3.0


@dataclass(frozen=True)
class Verdict:
    """The proofs of all services, how many anchors they were held against, and how long it took."""

    proofs: list[Proof]
    anchors: int
    seconds: float

    @property
    def whole(self) -> bool:
        """Tell whether nothing was found."""
        return not any(proof.faults for proof in self.proofs)

    def table(self) -> Table:
        """Return it for people."""
        table = Table("service", "seals", "rows", "not sealed yet", "found")
        for proof in self.proofs:
            found = f"[red]{len(proof.faults)}[/]" if proof.faults else "[green]nothing[/]"
            table.add_row(proof.service, *(f"{count:,}" for count in (proof.seals, proof.rows, proof.unsealed)), found)
        return table


async def verify(folder: Path) -> Verdict:
    """Prove the chain of every service against the anchors in the folder and, while the suite runs, in its streams.

    Raises:
        CannotStart: there is no suite in the folder, or its PostgreSQL does not come up.
    """
    async with databases(folder) as url:
        told = await _told(folder / "nats.conf")
        anchors = [*written_down(folder / ANCHORS), *told]
        start = time.perf_counter()
        proofs = []
        for name in NAMES:
            try:
                proofs.append(await prove(url(name), name, anchors))
            except (asyncpg.InvalidCatalogNameError, asyncpg.UndefinedTableError):
                proof = Proof(name)
                proof.find(0, "there is no audit: the suite has never run with one, or it was taken away")
                proofs.append(proof)
        return Verdict(proofs, len(anchors), time.perf_counter() - start)


async def _told(nats_conf: Path) -> list[Head]:
    """Return the heads that the services told last; none when their NATS does not answer."""
    listen = re.search(r"listen: (\S+)", nats_conf.read_text()) if nats_conf.exists() else None
    if listen is None:
        return []
    client = Client()
    heads = []
    try:
        async with asyncio.timeout(_PATIENCE_S):
            # This client tries for minutes otherwise, whatever it is told about reconnecting.
            await client.connect(f"nats://{listen[1]}", max_reconnect_attempts=1, reconnect_time_wait=0, error_cb=_say_nothing)
        for name in NAMES:
            try:
                message = await client.jetstream(timeout=3).get_last_msg(stream_name(name), f"gw.*.{name}.audit.sealed.v1")
            except NotFoundError:
                continue
            sealed = Envelope.parse(message.data or b"").data
            heads.append(Head(name, sealed.number, sealed.hash))
    except BUS_AWAY:
        return heads
    finally:
        if client.is_connected:
            await client.close()
    return heads


async def _say_nothing(_error: Exception) -> None:
    """NATS of a stopped suite is not there, as it should be."""
