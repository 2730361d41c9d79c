"""What the house promises about itself."""

import re
import subprocess
from pathlib import Path

import asyncpg
import pytest

from gridwhistle.common import migrations
from gridwhistle.common.clocks import STAGES
from gridwhistle.common.edge import EdgeRoute, Router
from gridwhistle.common.events import REGISTRY
from gridwhistle.common.machine import Machine
from gridwhistle.common.principal import GRANTS, PERMISSIONS, PUBLIC, ROLES
from gridwhistle.common.rules import check
from gridwhistle.incidents.app import INCIDENTS
from gridwhistle.incidents.domain import INCIDENT
from gridwhistle.personnel.app import PERSONNEL
from gridwhistle.personnel.domain import SHIFT
from gridwhistle.standalone.documents import documents
from gridwhistle.standalone.documents.states import MACHINES
from gridwhistle.standalone.postgres import Postgres
from gridwhistle.standalone.services import KINDS

ROOT = Path(__file__).parents[2]


def tracked(pattern: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603, S607
    return listed.stdout.split()


def test_the_namespace_has_no_init_file() -> None:
    assert not [path for path in ROOT.glob("**/gridwhistle/__init__.py") if ".venv" not in path.parts]


def test_every_operation_declares_a_permission_that_somebody_has() -> None:
    routes = [route for kind in KINDS for router in kind.all_routers() for route in router.routes]

    assert routes
    for route in routes:
        assert isinstance(route, EdgeRoute)
        assert route.may == PUBLIC or route.may in PERMISSIONS


def test_an_operation_without_a_known_permission_does_not_load() -> None:
    router = Router("toolshed", "Toolshed")

    with pytest.raises(TypeError, match="declares no known permission"):

        @router.get("/tools", may="tools:everything")
        async def list_tools() -> None: ...


def test_every_role_has_its_permissions_said() -> None:
    assert GRANTS.keys() == ROLES.keys()


def test_operation_ids_are_unique_in_the_suite() -> None:
    names = [route.operation_id for kind in KINDS for router in kind.all_routers() for route in router.routes]  # type: ignore[attr-defined]

    assert len(names) == len(set(names))


def test_generated_documents_are_up_to_date() -> None:
    stale = [str(path) for path, text in documents().items() if (ROOT / path).read_text() != text]

    assert not stale, "run `make docs` and commit the result"


@pytest.mark.anyio
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_migrations_make_exactly_the_tables(kind: "migrations.Service", postgres: Postgres) -> None:
    name = f"migrated_{kind.name}"
    await postgres.ensure_database(name)

    await migrations.upgrade(kind, postgres.url(name))

    await migrations.check(kind, postgres.url(name))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("kind", "table", "machine"),
    [(INCIDENTS, "incident", INCIDENT), (PERSONNEL, "shift", SHIFT)],
    ids=["incidents", "personnel"],
)
async def test_the_migrated_database_knows_every_state(
    kind: "migrations.Service", table: str, machine: Machine, postgres: Postgres
) -> None:
    # Alembic does not see a changed list of values.
    name = f"states_{kind.name}"
    await postgres.ensure_database(name)
    await migrations.upgrade(kind, postgres.url(name))
    connection = await asyncpg.connect(postgres.url(name))

    claim = await connection.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1", f"{table}_state_is_known"
    )
    await connection.close()

    assert set(re.findall(r"'(\w+)'", claim)) == set(machine.states)


def test_every_clock_has_its_rule_and_every_rule_a_source() -> None:
    presets = {preset.key: preset for kind in KINDS for preset in kind.presets}

    assert {key for machine in MACHINES.values() for keys in machine.clocks.values() for key in keys} <= presets.keys()
    for preset in presets.values():
        check(preset.unit, str(preset.value))
        assert preset.source_ref


def test_what_a_clock_warns_of_is_told_by_events_of_its_owner() -> None:
    owners = [
        f"gw.{kind.name}.{name}"
        for kind in KINDS
        for name, machine in MACHINES.items()
        if {key for keys in machine.clocks.values() for key in keys} - machine.auto.keys() and name in kind.tables.tables
    ]

    assert owners
    for owner in owners:
        assert {f"{owner}.{told}.v1" for _, _, told in STAGES} <= REGISTRY.keys()


def test_the_lock_names_hashes_and_no_addresses() -> None:
    lock = (ROOT / "requirements.lock").read_text()

    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert not tracked("uv.lock")


def test_documents_lead_outside_to_nobody_but_these() -> None:
    here = {"127.0.0.1", "host"}
    examples = re.compile(r"\.(example|invalid)$")
    linked = {host for path in tracked("*.md") for host in re.findall(r"https?://([\w.-]+)", (ROOT / path).read_text())}

    assert {host for host in linked - here if not examples.search(host)} == {"github.com", "openapi-ts.dev"}
