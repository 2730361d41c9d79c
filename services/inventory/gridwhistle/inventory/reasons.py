"""Why somebody does something in an emergency, in their own words. Numbers of telephones and identity cards are masked."""

from typing import Annotated

from pydantic import Field

from gridwhistle.common.personal import MASKED
from gridwhistle.common.wire import Body

Reason = Annotated[
    str,
    Field(min_length=1, max_length=500, description="For the record; write nothing about third people.", examples=["水位回落"]),
    MASKED,
]


class WrittenGrounds(Body):
    """Why, for the record."""

    reason: Reason


class Grounds(Body):
    """Why, if there is something to say."""

    reason: Reason | None = None
