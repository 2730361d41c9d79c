"""What a service counts, read by Prometheus's own parser."""

import re
import time
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gridwhistle.common import metrics
from gridwhistle.common.again import Changed, again
from gridwhistle.common.logs import DOING, Doing
from gridwhistle.common.metrics import Metrics
from gridwhistle.common.problems import Busy
from tests.conftest import RunningSuite

REQUESTS = "gw_http_request_duration_seconds"


def read(suite: RunningSuite, path: str = "/metrics") -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return every number by name and labels."""
    answer = suite.client.get(path)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def named(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def test_a_request_is_counted_under_its_route_method_and_status(suite: RunningSuite) -> None:
    labels = {"service": "incidents", "method": "GET", "route": "/incidents/v1/incidents/{incident_id}", "status": "404"}
    before = read(suite)

    suite.person("town_acceptor").get(f"/incidents/v1/incidents/{UUID(int=7)}")

    after = read(suite)
    assert after[named(f"{REQUESTS}_count", **labels)] == before.get(named(f"{REQUESTS}_count", **labels), 0) + 1
    assert after[named(f"{REQUESTS}_bucket", le="+Inf", **labels)] == after[named(f"{REQUESTS}_count", **labels)]
    assert after[named("gw_http_requests_in_flight", service="incidents")] == 0


def test_what_a_caller_invents_makes_no_series(suite: RunningSuite) -> None:
    suite.client.get("/incidents/v1/7e1a4c")
    series = read(suite).keys()

    for number in range(20):
        suite.client.get(f"/incidents/v1/made-up-{number}")
        suite.client.request(f"M{number}", "/incidents/v1/incidents")
        suite.client.get(f"/made-up-{number}")

    assert {name for name, _ in read(suite).keys() - series} <= {f"{REQUESTS}_{part}" for part in ("bucket", "count", "sum")}
    invented = read(suite).keys() - series
    assert all({"method": "other", "route": "other"}.items() <= labels for _, labels in invented)
    assert not any("made-up" in str(labels) or "7e1a4c" in str(labels) for _, labels in read(suite))


def test_no_label_holds_an_id_or_anything_of_a_person(suite: RunningSuite) -> None:
    worker = suite.person("community_admin").get("/personnel/v1/workers").json()["items"][0]
    suite.person("community_admin").get(f"/personnel/v1/workers/{worker['id']}")

    told = suite.client.get("/metrics").text

    assert worker["id"] not in told
    assert worker["name"] not in told
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", told)


@pytest.mark.parametrize("service", ["incidents", "inventory", "mediation", "personnel", "timebank"])
def test_what_waits_is_told_when_somebody_reads(suite: RunningSuite, service: str) -> None:
    told = read(suite)

    for name in (
        "gw_outbox_waiting",
        "gw_outbox_oldest_seconds",
        "gw_clocks_overdue",
        "gw_dead_letters",
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
    ):
        assert told[named(name, service=service)] >= 0
    for name in ("gw_relay_leads", "gw_nats_connected", "gw_database_up"):
        assert told[named(name, service=service)] == 1
    for pool in ("requests", "background", "reads"):
        assert told[named("gw_database_connections_in_use", service=service, pool=pool)] >= 0


def test_consumers_tell_how_far_behind_they_are(suite: RunningSuite) -> None:
    told = read(suite)

    assert told[named("gw_events_pending", service="incidents", source="personnel")] >= 0
    assert told[named("gw_events_heard_total", service="incidents", source="personnel")] > 0
    assert told[named("gw_events_published_total", service="personnel")] > 0


def test_each_family_is_told_once_for_all_services(suite: RunningSuite) -> None:
    lines = suite.client.get("/metrics").text.splitlines()

    helped = [line for line in lines if line.startswith("# HELP")]
    assert len(helped) == len(set(helped))
    assert len({line.split()[2] for line in helped}) == len(helped)


@pytest.mark.anyio
async def test_a_command_that_runs_again_is_counted_by_why(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Metrics()
    DOING.set(Doing("toolshed", counted))
    monkeypatch.setattr("gridwhistle.common.again._PAUSE_S", 0)

    async def moved() -> None:
        raise Changed

    with pytest.raises(Busy):
        await again(moved)

    told = metrics.text("toolshed", counted.families())
    assert 'gw_commands_run_again_total{service="toolshed",why="changed"} 9' in told
    assert 'gw_commands_busy_total{service="toolshed"} 1' in told


@pytest.mark.anyio
async def test_the_outbox_tells_how_much_waits_and_how_long(truth: "asyncpg.Connection[Any]") -> None:
    from gridwhistle.common.health import QUERIES  # noqa: PLC0415

    await truth.execute(
        "WITH told AS (INSERT INTO outbox VALUES (gen_random_uuid(), gen_random_uuid(), 1, 's', '{}',"
        " clock_timestamp() - interval '90 s', 1) RETURNING event_id) INSERT INTO waiting (event_id) SELECT event_id FROM told"
    )

    waiting, oldest_s = [float(await truth.fetchval(statement)) for _, _, statement in QUERIES[:2]]

    assert waiting == 1
    assert 90 <= oldest_s < 120


def test_counting_a_request_costs_less_than_two_microseconds() -> None:
    counted = Metrics()
    best_s = 1.0
    for _ in range(20):
        began = time.process_time()
        for _ in range(1_000):
            counted.requested("GET", "/toolshed/v1/tools", 200, 0.003)
        best_s = min(best_s, time.process_time() - began)

    assert best_s / 1_000 < 2e-6
