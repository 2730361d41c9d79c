"""A service stops when it is told to, whatever it is doing with NATS at that moment."""

import asyncio
from pathlib import Path

from gridwhistle.common.issuer import Issuer
from gridwhistle.standalone.nats import Nats
from tests import toolshed
from tests.conftest import Loop


def test_a_service_that_is_stopped_while_it_starts_stops(url: str, nats_server: Nats, tmp_path: Path, background: Loop) -> None:
    settings = toolshed.settings(tmp_path, url, nats_server.url, Issuer.fresh())

    async def start_and_stop() -> list[str]:
        app = toolshed.TOOLSHED.app(settings)
        async with app.router.lifespan_context(app):
            pass  # before any of its loops has begun
        for delay_s in (0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05):
            app = toolshed.TOOLSHED.app(settings)
            async with app.router.lifespan_context(app):
                await asyncio.sleep(delay_s)
        return [name for task in asyncio.all_tasks() if "toolshed" in (name := task.get_name())]

    assert background.run(start_and_stop(), timeout_s=60) == []
