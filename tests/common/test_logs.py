"""The log as a machine and as a person reads it."""

import logging
from collections.abc import Callable, Iterator

import orjson
import pytest

from gridwhistle.common import logs
from gridwhistle.common.logs import DOING, Doing
from gridwhistle.common.metrics import Metrics

SECRET = "13800138000"  # noqa: S105  a mobile number that no log may show


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Return what went to standard error; loggers are as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield lambda: capsys.readouterr().err
    root.handlers[:] = handlers
    root.setLevel(level)
    DOING.set(None)


def test_a_line_says_when_for_whom_and_in_which_request(written: Callable[[], str]) -> None:
    logs.set_up("info")
    DOING.set(Doing("toolshed", Metrics(), "r-1", "c-1"))

    logging.getLogger("gridwhistle.somewhere").info("a tool came %s", "home")

    line = orjson.loads(written())
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "service": "toolshed",
        "logger": "gridwhistle.somewhere",
        "event": "a tool came home",
        "request_id": "r-1",
        "correlation_id": "c-1",
    }


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("logger", ["gridwhistle.somewhere", "uvicorn.error", "nats.aio.client", "alembic.runtime", "asyncio"])
def test_an_error_is_told_by_its_kind_and_place_never_by_its_text(written: Callable[[], str], form: str, logger: str) -> None:
    logs.set_up("info", form)

    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger(logger).exception("it broke")

    told = written()
    assert all(part in told for part in ("it broke", "ValueError", "test_logs.py"))
    assert SECRET not in told


def test_libraries_speak_only_of_what_matters(written: Callable[[], str]) -> None:
    logs.set_up("info")

    for name in ("uvicorn.error", "uvicorn.access", "nats", "alembic.runtime.migration", "httpx2"):
        logging.getLogger(name).info("I am still here")

    assert not written()


def test_text_is_for_people(written: Callable[[], str]) -> None:
    logs.set_up("info", "text")
    DOING.set(Doing("toolshed", Metrics(), "r-1"))

    logging.getLogger("gridwhistle.somewhere").warning("a tool is late")

    assert written().rstrip().endswith("WARNING  toolshed a tool is late (request_id=r-1)")


@pytest.mark.parametrize("asked", [False, True])
def test_a_request_is_logged_only_if_that_is_asked_for(written: Callable[[], str], asked: bool) -> None:
    logs.set_up("info", access=asked)

    logs.ACCESS.info("request", extra={"facts": {"method": "GET", "route": "/toolshed/v1/tools", "status": 200}})

    assert ('"route":"/toolshed/v1/tools"' in written()) is asked
