"""Why somebody does something, in their own words. Numbers of telephones and of identity cards are made unreadable in it."""

from typing import Annotated

from pydantic import Field

from gridwhistle.common.personal import MASKED
from gridwhistle.common.wire import Body

Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description="For the record, which those who work on it read; write nothing about third people.",
        examples=["情况已现场核实"],
    ),
    MASKED,
]


class Remark(Body):
    """Why, if there is something to say."""

    reason: Reason | None = None


class Why(Body):
    """Why, for the record."""

    reason: Reason
