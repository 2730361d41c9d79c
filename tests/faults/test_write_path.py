"""Storms on one database from several processes: whatever happens, what was acknowledged is there once."""

from pathlib import Path

import pytest

from gridwhistle.standalone.nats import Nats
from gridwhistle.standalone.postgres import Postgres
from tests.faults.judge import judge

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("servers", "seconds"), [pytest.param(2, 6, id="short"), pytest.param(3, 60, id="long", marks=pytest.mark.long)]
)
async def test_in_a_storm_nothing_is_lost_or_doubled_and_nobody_is_sent_away(
    servers: int, seconds: float, postgres: Postgres, nats_server: Nats, tmp_path: Path
) -> None:
    async with judge(postgres, nats_server, tmp_path, servers=servers, seconds=seconds, faults=False) as storm:
        await storm.storm()
        print(storm.figures())  # noqa: T201  the judge says one line

        assert await storm.verdict() == {}
        heard = dict(storm.clients.heard)
        assert heard.keys() == {"2xx", "4xx", "replayed"}
        # Each key was answered once; whatever else was heard was that answer again.
        assert heard["replayed"] == heard["2xx"] + heard["4xx"] - len(storm.clients.orders)


@pytest.mark.parametrize(
    ("servers", "seconds"), [pytest.param(2, 8, id="short"), pytest.param(3, 120, id="long", marks=pytest.mark.long)]
)
async def test_killed_servers_and_cut_lines_lose_and_double_nothing(
    servers: int, seconds: float, postgres: Postgres, nats_server: Nats, tmp_path: Path
) -> None:
    async with judge(postgres, nats_server, tmp_path, servers=servers, seconds=seconds, faults=True) as storm:
        await storm.storm()
        print(storm.figures())  # noqa: T201  the judge says one line

        assert await storm.verdict() == {}
        assert storm.clients.heard["5xx"] == storm.clients.heard["never answered"] == 0
        assert storm.kills
        assert storm.proxy.cuts
