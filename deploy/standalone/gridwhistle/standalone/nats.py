"""NATS from the wheel, with JetStream that acknowledges what is on disk."""

import asyncio
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from gridwhistle.standalone.children import CannotStart, Child, free_port

_CONFIGURATION = """\
server_name: gridwhistle
listen: 127.0.0.1:{port}
http: 127.0.0.1:{monitoring_port}
max_payload: 1MB
jetstream {{
  store_dir: "{store}"
  # Without this an acknowledged event is on disk up to two minutes later, and a power cut takes the whole stream.
  sync_interval: always
  max_file_store: 20GB
}}
"""


def program() -> str:
    """Return the path of the server.

    Raises:
        CannotStart: it is not installed.
    """
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise CannotStart("nats-server is not installed beside this Python; run `make setup`.")
    return found


@dataclass
class Nats:
    """A running NATS server."""

    port: int
    monitoring_port: int
    child: Child

    @property
    def url(self) -> str:
        """Its address."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def monitoring_url(self) -> str:
        """Where it tells of itself."""
        return f"http://127.0.0.1:{self.monitoring_port}"

    @classmethod
    async def start(cls, folder: Path, port: int | None = None) -> "Nats":
        """Start the server on the store in a folder, at a free port unless one is named.

        Raises:
            CannotStart: it is not installed or does not come up.
        """
        port, monitoring_port = port or free_port(), free_port()
        configuration = folder / "nats.conf"
        configuration.write_text(_CONFIGURATION.format(port=port, monitoring_port=monitoring_port, store=folder / "nats"))
        child = await Child.start("NATS", [program(), "-c", str(configuration)], folder / "nats.log")
        server = cls(port, monitoring_port, child)
        try:
            await server._answers()
        except BaseException:
            await child.stop()
            raise
        return server

    async def _answers(self) -> None:
        for _ in range(500):
            if self.child.process.returncode is not None:
                raise CannotStart(f"NATS stopped at once. Its log ends:\n{self.child.last_words()}")
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            greeting = await reader.readline()
            writer.close()
            if greeting.startswith(b"INFO"):
                return
        raise CannotStart(f"NATS does not answer. Its log ends:\n{self.child.last_words()}")
