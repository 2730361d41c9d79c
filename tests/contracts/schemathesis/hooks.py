"""What schemathesis cannot know of our contract: times have bounds, cursors are not made up, and which 422 is a gap in it."""

import datetime as dt
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, CheckContext, HookContext
from schemathesis.generation import GenerationMode

from gridwhistle.common.personal import KINDS

_LIST_MAX = 50
# JSON Schema has no bounds for times; the contract says them in words.
_MOMENTS = st.datetimes(dt.datetime(1970, 1, 2), dt.datetime(2199, 12, 30), timezones=st.just(dt.UTC))  # noqa: DTZ001  the strategy wants naive bounds
for name in ("date-time", "rfc3339"):
    schemathesis.openapi.format(name, _MOMENTS.map(dt.datetime.isoformat))


@schemathesis.hook
def before_load_schema(_context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Forget bounds of long lists: a boundary of 5,000 points takes longer than all the rest, and is tried elsewhere."""
    waiting: list[Any] = [raw_schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict) and isinstance(part.get("maxItems"), int) and part["maxItems"] > _LIST_MAX:
            del part["maxItems"]
        waiting += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()


@schemathesis.hook
def before_call(_context: HookContext, case: Case, _arguments: dict[str, Any]) -> None:
    """Leave cursors out, since only a page before has one; of patterns of headers nothing is left on the way."""
    if not _shall_be_valid(case):
        return
    case.query.pop("cursor", None)
    if (etag := case.headers.get("If-Match", "")).isdecimal():
        case.headers["If-Match"] = f'"{etag}"'
    if "Emergency-Session" in case.headers:
        case.headers["Emergency-Session"] = "0190c8f2-5d1e-7c3a-9d55-0c5b3f1f7a10"


@schemathesis.check
def what_the_contract_allows_is_valid(_context: CheckContext, response: schemathesis.Response, case: Case) -> None:
    """Refuse 422 `not_valid` for what the contract allows; rules that no schema can say have codes of their own."""
    if not _shall_be_valid(case) or response.status_code != 422:
        return
    problem = response.json()
    # To JSON Schema 420.0 is a whole number, to us it is none; and how telephone numbers are spelt no schema says.
    spelt = {"int_type", "int_from_float", *(kind.code for kind in KINDS)}
    points = {error["code"] for error in problem.get("errors", ())} <= spelt
    assert problem["code"] != "not_valid" or points, response.text


def _shall_be_valid(case: Case) -> bool:
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE
