"""The demo county's disputes: one in every state, of invented people, and none twice however often they are loaded."""

import datetime as dt
from collections import Counter

import pytest

from gridwhistle.standalone.demo.county import County
from gridwhistle.standalone.demo.disputes import STATES
from gridwhistle.standalone.demo.load import Loader
from tests.conftest import RunningSuite

pytestmark = pytest.mark.anyio


async def test_there_is_a_dispute_in_every_state_and_none_twice(suite: RunningSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    began = dt.datetime.now(dt.UTC)
    async with Loader.of(suite.base_url, suite.issuer, County()) as loader:
        loader._began = began
        disputes = loader._disputes
        before = {case["id"] for case in await disputes._all("cases")}
        tokens = await disputes.settle()
        await disputes.fill(began)
        await disputes.fill(began)
        cases = [case for case in await disputes._all("cases") if case["id"] not in before]
        # So long after that no key is known any more.
        monkeypatch.setattr("gridwhistle.standalone.demo.disputes.KEYS_KEPT", dt.timedelta(0))
        await disputes.fill(began)
        again = await disputes.settle()
        later = await disputes._all("cases")

    assert Counter(case["state"] for case in cases) == Counter(STATES)
    assert len(later) == len(before) + len(STATES)
    assert tokens.keys() == again.keys() == {"mediator", "mediator_2", "lawyer", "police_liaison"}
