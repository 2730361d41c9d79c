"""What a service counts, and how Prometheus reads it: a request costs half a microsecond, queries run when somebody asks.

No label holds an id, a name or anything that a caller chose: routes are templates, and what is no operation is `other`.
"""

import resource
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from gridwhistle.common.logs import DOING

BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_REQUESTS: Final = "gw_http_request_duration_seconds"
MEANINGS: Final = {
    _REQUESTS: "Requests that were answered, and how long that took; labels `method`, `route`, `status`.",
    "gw_http_requests_in_flight": "Requests that are being served.",
    "gw_commands_run_again_total": "Runs of commands that ended with nothing written and were run again; label `why`.",
    "gw_commands_busy_total": "Commands that were told to come back later.",
    "gw_relay_leads": "1 when this process publishes the service's events.",
    "gw_events_published_total": "Events that the relay put into the stream.",
    "gw_batches_refused_total": "Batches of events that the stream did not take.",
    "gw_events_heard_total": "Deliveries of events that took effect or were parked; label `source`, the service that spoke.",
    "gw_events_parked_total": "Deliveries of events that could not take effect when they came; label `why`.",
    "gw_events_pending": "Events in the stream that are still to be heard; label `source`.",
    "gw_database_up": "1 when the database answers.",
    "gw_database_connections_in_use": "Database connections in use; label `pool`.",
    "gw_database_connections_wanted": "Work that waits for a database connection; label `pool`.",
    "gw_nats_connected": "1 while connected to NATS.",
    "process_resident_memory_bytes": "Memory of the process that the service runs in.",
    "process_cpu_seconds_total": "Processor time of that process.",
}
"""Every number that this module or `health` tells, and what it is. All have the label `service`."""
_PAGE_BYTES: Final = resource.getpagesize()


class Sample(NamedTuple):
    """One number of a family, with its labels."""

    labels: Mapping[str, object]
    value: float
    suffix: str = ""


class Family(NamedTuple):
    """Numbers of one name; the meaning is needed of a name that `MEANINGS` has not."""

    name: str
    samples: list[Sample]
    meaning: str = ""

    @property
    def kind(self) -> str:
        """Its type, as Prometheus calls it."""
        return "histogram" if self.name == _REQUESTS else "counter" if self.name.endswith("_total") else "gauge"


class _Durations:
    __slots__ = ("buckets", "sum_s")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BUCKETS_S) + 1)
        self.sum_s = 0.0


class Metrics:
    """What one service has counted since it began."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.leads = False  # its relay is the one that publishes
        self._requests: dict[tuple[str, str, int], _Durations] = {}
        self._counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        key = (method, route, status)
        if (durations := self._requests.get(key)) is None:
            durations = self._requests[key] = _Durations()
        durations.buckets[bisect_left(BUCKETS_S, seconds)] += 1
        durations.sum_s += seconds

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        """Add to a counter."""
        assert name in MEANINGS
        self._counts[name, tuple(labels.items())] += by

    def families(self) -> Iterator[Family]:
        """Return what was counted."""
        samples = []
        for (method, route, status), durations in self._requests.items():
            labels = {"method": method, "route": route, "status": status}
            total = 0
            for bound, number in zip((*BUCKETS_S, "+Inf"), durations.buckets, strict=True):
                total += number
                samples.append(Sample({**labels, "le": bound}, total, "_bucket"))
            samples += [Sample(labels, total, "_count"), Sample(labels, durations.sum_s, "_sum")]
        yield Family(_REQUESTS, samples)
        yield gauge("gw_http_requests_in_flight", self.in_flight)
        yield gauge("gw_relay_leads", int(self.leads))
        for name in MEANINGS:
            if name.startswith("gw_") and name.endswith("_total"):
                counted = [Sample(dict(labels), number) for (what, labels), number in self._counts.items() if what == name]
                yield Family(name, counted)


def count(name: str, by: int = 1, **labels: str) -> None:
    """Add to a counter of the service that is at work; outside of any, nothing is counted."""
    if doing := DOING.get():
        doing.metrics.count(name, by, **labels)


def gauge(name: str, value: float, meaning: str = "") -> Family:
    """Return a family of one number."""
    return Family(name, [Sample({}, value)], meaning)


def of_this_process() -> Iterator[Family]:
    """Return what the process uses, which several services may share."""
    try:
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:  # not Linux: the most it ever had
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    yield gauge("process_resident_memory_bytes", resident)
    yield gauge("process_cpu_seconds_total", time.process_time())


def text(service: str, families: Iterable[Family]) -> str:
    """Return families as Prometheus reads them, every number labelled with its service."""
    lines = []
    for family in families:
        name = family.name
        lines += [f"# HELP {name} {family.meaning or MEANINGS[name]}", f"# TYPE {name} {family.kind}"]
        for labels, value, suffix in family.samples:
            inside = ",".join(f'{label}="{content}"' for label, content in {"service": service, **labels}.items())
            lines.append(f"{name}{suffix}{{{inside}}} {value}")
    return "\n".join(lines) + "\n"


def merged(texts: Iterable[str]) -> str:
    """Return what several services tell as one: a family's numbers stand together."""
    families: dict[str, list[str]] = {}
    for told in texts:
        for line in told.splitlines():
            if line.startswith("# HELP"):
                lines = families.setdefault(line.split(" ", 3)[2], [])
            if not line.startswith("#") or line not in lines:
                lines.append(line)
    return "\n".join(line for lines in families.values() for line in lines) + "\n"
