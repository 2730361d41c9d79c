"""What is told of relatives and of what they give each other, so that an app can say to the other side that it is asked."""

import uuid
from collections.abc import AsyncIterator

import pytest

from gridwhistle.common import migrations
from gridwhistle.common.principal import Principal
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.timebank import relatives, transfers
from gridwhistle.timebank.app import TIMEBANK
from gridwhistle.timebank.limits import TRANSFER_ANSWER
from gridwhistle.timebank.transfer_states import TRANSFER
from gridwhistle.timebank.transfer_tables import transfers as gifts
from tests.conftest import Loop
from tests.timebank.station import CLERK, Station, a_station


@pytest.fixture(scope="module")
def database_url(background: Loop, postgres: Postgres) -> str:
    background.run(postgres.ensure_database("told"))
    background.run(migrations.upgrade(TIMEBANK, postgres.url("told")))
    return postgres.url("told")


@pytest.fixture
async def station(database_url: str) -> AsyncIterator[Station]:
    async with a_station(database_url) as station:
        yield station


async def linked(station: Station) -> tuple[Principal, Principal, uuid.UUID]:
    """Return two of one family, and their link."""
    one, other = await station.register(), await station.register()
    await station.give(one, 90)
    wish = relatives.NewRelative(other_id=uuid.UUID(other.id), kinship="parent")
    link = await station.do(lambda db: relatives.link_relative(wish, one, db))
    await station.do(lambda db: relatives.agree_relative(link.id, other, db))
    await station.do(lambda db: relatives.check_relative(link.id, CLERK, db))
    return one, other, link.id


@pytest.mark.anyio
async def test_a_link_is_told_of_when_it_is_asked_for_checked_and_ended(station: Station) -> None:
    one, _, link = await linked(station)

    await station.do(lambda db: relatives.end_relative(link, one, db))

    assert await station.told_of(link) == ["relative.asked", "relative.checked", "relative.ended"]


@pytest.mark.parametrize("end", ["accepted", "declined", "withdrawn", "lapsed"])
@pytest.mark.anyio
async def test_an_offer_is_told_of_and_how_it_ended(station: Station, end: str) -> None:
    one, other, _ = await linked(station)
    gift = transfers.NewTransfer(to_id=uuid.UUID(other.id), minutes=60)
    offer = await station.do(lambda db: transfers.offer_transfer(gift, one, db))
    ends = {
        "accepted": lambda: station.do(lambda db: transfers.accept(offer.id, other, db)),
        "declined": lambda: station.do(lambda db: transfers.decline(offer.id, other, db)),
        "withdrawn": lambda: station.do(lambda db: transfers.withdraw(offer.id, one, db)),
        "lapsed": lambda: station.fire(gifts, offer.id, TRANSFER_ANSWER),
    }

    await ends[end]()

    assert end in TRANSFER.states
    assert await station.told_of(offer.id) == ["transfer.offered", f"transfer.{end}"]
