"""A server as a process of its own, to be killed and started again."""

import asyncio
import socket
import sys
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import uvicorn

from gridwhistle.common.issuer import ISSUER
from gridwhistle.common.service import Service
from gridwhistle.common.settings import Settings
from gridwhistle.standalone.children import Child

ROOT = Path(__file__).parents[2]


@dataclass
class Server:
    """One process of a service, the toolshed unless another is named. Its port is new after each start."""

    name: str
    database_url: str
    nats_url: str
    folder: Path  # with `keys` and `jwks.json`
    service: str = "tests.toolshed:TOOLSHED"
    base_url: str = field(default="", init=False)
    child: Child = field(init=False)

    async def start(self) -> None:
        """Start it, and wait until it serves."""
        port_file = self.folder / f"{self.name}.port"
        port_file.unlink(missing_ok=True)
        command = [sys.executable, __file__, self.database_url, self.nats_url, str(self.folder), str(port_file), self.service]
        self.child = await Child.start(self.name, command, self.folder / f"{self.name}.log")
        async with asyncio.timeout(30):
            while not port_file.exists():
                assert self.child.process.returncode is None, self.child.last_words()
                await asyncio.sleep(0.02)
        self.base_url = f"http://127.0.0.1:{port_file.read_text()}/toolshed/v1"

    async def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.child.process.kill()
        await self.child.process.wait()

    async def stop(self) -> None:
        """Stop it in order."""
        if "child" in self.__dict__:
            await self.child.stop()

    def failures(self) -> list[str]:
        """Return the errors of ours that its log tells of."""
        log = self.folder / f"{self.name}.log"
        words = (" failed: ", "made a mistake", "is not applied", "has stopped", "never retrieved", "was destroyed")
        return [line for line in log.read_text().splitlines() if any(word in line for word in words)]


async def _serve(database_url: str, nats_url: str, folder: Path, port_file: Path, service: str) -> None:
    sys.path.insert(0, str(ROOT))
    module, _, name = service.partition(":")
    kind: Service = getattr(import_module(module), name)
    settings = Settings(
        database_url=database_url,
        nats_url=nats_url,
        keys_file=folder / "keys",
        attachments_dir=folder / "attachments",
        issuer=ISSUER,
        jwks_file=folder / "jwks.json",
        development=True,
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(kind.app(settings), log_level="warning", access_log=False, timeout_graceful_shutdown=3)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        while not (server.started or serving.done()):
            await asyncio.sleep(0.01)
        if server.started:
            written = port_file.with_suffix(".part")
            written.write_text(str(listener.getsockname()[1]))
            written.rename(port_file)  # at once, so that nobody reads half a number
        await serving


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5]))
