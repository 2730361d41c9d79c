"""Who takes part in an emergency."""

import pytest

from tests.conftest import Person, RunningSuite
from tests.inventory.a_response import COUNTY, People


@pytest.fixture
def people(suite: RunningSuite) -> People:
    def person(role: str, area: str = COUNTY) -> Person:
        return suite.somebody(role, area, subject=f"{role}-{area}")

    return person
