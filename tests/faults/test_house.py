"""A storm in a whole house: whatever dies, nothing accepted is lost, nothing is applied twice, and a minute later all agree.

Two processes of a service take orders and tell of them, two of another one hear. Meanwhile processes, NATS and PostgreSQL are
killed, the store of NATS is deleted or set back to an older copy, and copies and rubbish come into the stream. Clients rest
between orders, so that what is told all the while of a long storm can be told again within the minute.
"""

import asyncio
from pathlib import Path

import pytest

from tests.faults.house import POISON, storm_in_a_house
from tests.faults.judge import Judge

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("rounds", "pause_s", "clients", "rest_s", "copies"),
    [pytest.param(1, 0.7, 12, 0.0, 300, id="short"), pytest.param(6, 1.5, 32, 0.2, 2_000, id="long", marks=pytest.mark.long)],
)
async def test_whatever_dies_nothing_is_lost_or_applied_twice(
    rounds: int, pause_s: float, clients: int, rest_s: float, copies: int, tmp_path: Path
) -> None:
    async with storm_in_a_house(tmp_path, seconds=3600, clients=clients, rest_s=rest_s) as (house, storm):
        house.copies = copies
        storming = asyncio.create_task(storm.storm())
        for _ in range(rounds):
            await house.suffer(
                house.kill_a_teller,
                house.kill_a_hearer,
                house.kill_nats,
                house.kill_postgres,
                house.keep_a_copy_of_the_store,
                house.double_and_poison,
                house.kill_a_hearer,
                house.restore_the_old_store,
                house.lose_the_store,
                pause_s=pause_s,
            )
        storm.ends_at = 0.0  # that is enough
        await storming
        seconds = await house.converge()
        async with house.truth() as truth:
            judge = Judge(storm, house.tellers, None, truth)
            print(f"{', '.join(house.done)}; all agree after {seconds:.1f} s; {judge.figures()}")  # noqa: T201  the judge says one line

            assert await house.verdict(poison=POISON) == {}
            assert await judge.verdict() == {}
            assert storm.heard["5xx"] == storm.heard["never answered"] == 0
