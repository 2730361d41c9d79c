"""The page for those who run the suite: its settings, health, metrics, logs and traces, written from the code."""

from typing import Final

from gridwhistle.common.health import QUERIES
from gridwhistle.common.metrics import MEANINGS
from gridwhistle.standalone import config

_START: Final = """\
## Start and stop

`gridwhistle up` runs everything in one process beside PostgreSQL and NATS; `--isolated` makes each service a process
of its own, which is started again when it dies, behind the same address; `--empty` leaves out the demo county. Logs
are in the data folder, `*.log`.

A service alone: `python -m gridwhistle.incidents` serves it, and `python -m gridwhistle.incidents migrate` brings its
database up to date first. `uvicorn --factory gridwhistle.incidents.app:create` serves it as well, without the notice
below.

Told to stop (SIGTERM, Ctrl-C), a service says `stopping` at `/readyz` for `GW_NOTICE_S` while it serves on and lets
each client go with its answer; then it takes in nobody, answers whom it had let in, finishes what its consumers
fetched, publishes what waits, and ends. What `GW_DRAIN_S` is too short for is done after the next start: nothing is
lost, it is only later.

A start is refused, with each reason in Chinese and English, when

- PostgreSQL is away for longer than `GW_DATABASE_WAIT_S`, does not take us in, or has `fsync`, `full_page_writes` or
  `synchronous_commit` off;
- the database is behind the migrations of this release (ahead is fine, so that releases can overlap);
- NATS is older than 2.15.1, has no JetStream, or not `sync_interval: always` (asked at `GW_NATS_MONITORING_URL`, when
  that is set);
- keys or passwords are those of a sample, the issuer is the development issuer, or `GW_JWKS_URL` is not https,
  without `GW_DEVELOPMENT`;
- `GW_DEVELOPMENT` is on with a real issuer;
- an exporter of traces is set, but the extra `tracing` is not installed."""
_SETTINGS: Final = """\
## Settings

Environment variables, or files: a file `gw_database_url` in the folder `GW_SECRETS_DIR` is read as `GW_DATABASE_URL`,
and the environment goes first. `gridwhistle config` (or `--json`) shows what they are now, without passwords."""
_HEALTH: Final = """\
## Health

| path | says |
|---|---|
| `/healthz` | 200: the process lives |
| `/readyz` | 200 `ready` or `degraded` (NATS is away: writes go on, events wait); 503 `not_ready` or `stopping` |
| `/version` | the release, and the migrations that it needs |
| `/metrics` | numbers for Prometheus |

Each service answers for itself, and the root of the suite for all, in one shape: `{"status": …, "services":
{"incidents": {"status": …, "parts": {"database": "here", "nats": "here", "relay": "runs", …}}}}`. A permission that
NATS refuses makes a service `not_ready`. None of these asks for a token or tells of people; whoever serves the suite
to the world keeps them inside."""
_METRICS: Final = """\
## Metrics

Every number has the label `service`. Routes are templates; what is no operation counts as `other`. Durations are in
seconds, in buckets up to 10. What has to be asked for is asked when somebody reads.

| name | what |
|---|---|"""
_LOGS: Final = """\
## Logs

To standard error, a JSON object a line: `time level service logger event`, `request_id` and `correlation_id` of what
was being done, `trace_id` and `span_id` while traces are made, and `error`: the kind of an error and where it
happened, never its text, which may quote personal data. On a terminal it is text. `GW_ACCESS_LOG=true` adds one line
a request with `method route status took_ms`."""
_TRACES: Final = """\
## Traces

With `OTEL_EXPORTER_OTLP_ENDPOINT` (OTLP over HTTP) and the extra `gridwhistle-common[tracing]`, a trace reaches from
the request, which may continue a W3C `traceparent`, over its command and the relay's publishing to each service that
applies the event, whose envelope carries `traceparent` meanwhile. Other `OTEL_*` variables mean what they mean
elsewhere. Without the first, none of it is loaded."""


def operating() -> str:
    """Return the page."""
    numbers = {**MEANINGS, **{name: meaning for name, meaning, _ in QUERIES}}
    metrics = [
        _METRICS,
        *(f"| `{name}` | {meaning} |" for name, meaning in numbers.items()),
    ]
    parts = [
        "# Operating",
        _START,
        "\n".join([_SETTINGS, "", *config.as_markdown()]),
        _HEALTH,
        "\n".join(metrics),
        _LOGS,
        _TRACES,
    ]
    return "\n\n".join(parts) + "\n"
