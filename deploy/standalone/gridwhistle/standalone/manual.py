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

_RECOVERY: Final = """\
## Backup and restore 备份与恢复

A backup is a folder: a dump of every database, the attachments that they name, the audit's anchors, and a manifest
with releases, migrations, rows by table and how far each service's events have come. It is made while people work, on
a suite that runs or is stopped, and has its name only once it is whole and on disk.

```bash
gridwhistle backup "$BACKUPS/monday" --data-dir "$DATA" --with-keys
(cd "$BACKUPS/monday" && sha256sum --check --quiet SHA256SUMS)
```

**The keys (密钥) are not in it.** Without them no personal value and no attachment can be read again: keep a copy of
the key file elsewhere. `--with-keys` writes one beside the backup, `monday.keys`, under a passphrase that is asked for
or stands in `GW_KEYS_PASSPHRASE`; store the three apart.

Each database is taken in one snapshot, listeners before those they listen to. So no service has heard in a backup
what another one has not told in it; the backup compares them and says so. A listener that is behind hears the rest
after the restore.

```bash
gridwhistle restore "$BACKUPS/monday" --data-dir "$NEW" --keys "$BACKUPS/monday.keys"
gridwhistle check --data-dir "$NEW"
gridwhistle audit verify --data-dir "$NEW"
```

A restore checks every file, the release and the keys before it touches anything, and goes into an empty suite that is
stopped; with `--replace` what is there is lost, but for key file and anchors, which are put aside. Then start the suite
as ever: the streams of NATS are filled again from the databases.

A deployment with containers is named by its secrets: `--data-dir /secrets` in the container `recovery`, as
[deploying.md](deploying.md) says; its keys are copied with its secrets. A suite in other places (PostgreSQL of your
own) is named instead of `--data-dir`: `--database personnel=postgresql://…` once for each service,
`--attachments-dir`, `--keys-file`, `--anchors-file` and, for a restore, `--nats-url` of a user who may delete
streams; or `GW_DATABASES` (separated by spaces) and `GW_…` of the same names, since a command line can be read by
others. Without `--keys-file` a backup does not know which keys it needs, and a restore cannot look whether they are
there. The databases must be there, and empty; objects belong afterwards to whom the address names. `pg_dump` and
`pg_restore` come with `gridwhistle-standalone`; a server must not be newer.

Exit codes: 0 all is well; 1 done, but look at what was said; 2 nothing was done.

**Forks 历史分叉.** If only one database was set back (`restore --only personnel`, or by other means), another service
may have heard what the restored one knows nothing of. `gridwhistle check` finds these things, says so and ends with 1;
run it before the services start, since new events of such a thing may take the numbers of lost ones. Best restore all
from one backup. If that cannot be: look through the things that are listed, then `gridwhistle replay incidents` makes
the copies anew and forgets what nobody has told.

After a restore everything is as it was then: revoke again whose token was revoked since, end again emergency sessions
that were ended since, and repeat erasures (their certificates say which).

备份是一个文件夹，可在业务进行中制作；恢复只进入已停止的空系统，先校验文件、版本与密钥，再写入。备份默认不含密钥，
请另行保管，否则个人信息与附件无法读取。仅恢复单个服务会造成历史分叉，`gridwhistle check` 会指出。恢复后须重新执行备份之后的
令牌吊销、应急结束清除和个人信息删除。"""
_UPGRADE: Final = """\
## Upgrade and way back 升级与回退

Back up first. Then bring each database up to date and start the new release's services one after the other; the old
ones run on meanwhile.

```text
python -m gridwhistle.personnel migrate && python -m gridwhistle.incidents migrate
```

`gridwhistle up` does both. **The way back** is to start the release before again: migrations only add until the next
release, so its services run on the databases as they are now, and no migration is undone. That holds for one release
back; further back, restore the backup with the release that made it. `RELEASES` in the source names them, and a test
runs the last one's services on the databases of the code at hand.

升级：先备份，再升级数据库，逐个启动新版服务。回退：重新启动上一版本即可，数据库不降级；只保证回退一个版本，
更早的版本请用其当时的备份恢复。"""


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
        _RECOVERY,
        _UPGRADE,
        _HEALTH,
        "\n".join(metrics),
        _LOGS,
        _TRACES,
    ]
    return "\n\n".join(parts) + "\n"
