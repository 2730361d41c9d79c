"""The deployment's files agree with the services, with each other, and with what was promised of every container."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from typer.testing import CliRunner

from gridwhistle.common.edge import EdgeRoute
from gridwhistle.common.gate import of_settings
from gridwhistle.common.health import QUERIES
from gridwhistle.common.metrics import MEANINGS
from gridwhistle.common.sealing import add_key
from gridwhistle.common.settings import Settings
from gridwhistle.standalone.cli import app
from gridwhistle.standalone.front import GUARDS, write
from gridwhistle.standalone.nats import program
from gridwhistle.standalone.services import KINDS, NAMES

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
GATEWAY = (DEPLOY / "gateway" / "nginx.conf").read_text()


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Return a folder of fresh secrets."""
    assert CliRunner().invoke(app, ["secrets", "init", "--folder", str(tmp_path / "secrets")]).exit_code == 0
    return tmp_path / "secrets"


# --- every service is everywhere ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_in_every_file_of_the_deployment(name: str) -> None:
    assert f"~^/{name}/ {name};" in GATEWAY
    assert f"user: {name}\n" in (DEPLOY / "nats" / "users.conf").read_text()
    assert name in COMPOSE["volumes"]
    assert f"{name}:/var/lib/gridwhistle/{name}" in CONTAINERS["recovery"]["volumes"]


@pytest.mark.parametrize("ending", ["", "-migrate"])
def test_the_blocks_of_all_services_differ_by_their_names_alone(ending: str) -> None:
    blocks = {orjson.dumps(CONTAINERS[name + ending]).replace(name.encode(), b"NAME") for name in NAMES}

    assert len(blocks) == 1


def test_the_deployment_has_no_service_that_there_is_not() -> None:
    built = {container["build"]["args"]["SERVICE"] for container in CONTAINERS.values() if "build" in container}

    assert built == {*NAMES, "standalone"}


def test_an_image_is_built_no_further_than_its_own_stage() -> None:
    targets = {name: container["build"]["target"] for name, container in CONTAINERS.items() if "build" in container}

    # A builder without BuildKit builds every stage before the target, also those that it does not need.
    assert (DEPLOY / "Dockerfile").read_text().index(" AS service") < (DEPLOY / "Dockerfile").read_text().index(" AS pages")
    assert {name for name, target in targets.items() if target != "service"} == {"gateway"}


def test_images_have_the_versions_that_the_tests_ran_on() -> None:
    def pinned(path: Path) -> set[str]:
        return set(re.findall(r"^[a-z0-9-]+==\S+", path.read_text(), re.MULTILINE))

    only_in_images = pinned(DEPLOY / "requirements.lock") - pinned(DEPLOY.parent / "requirements.lock")

    assert {name.partition("==")[0] for name in only_in_images} == {"uv-build"}


# --- every container is contained --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_may_do_no_more_than_it_needs(name: str) -> None:
    container = CONTAINERS[name]

    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["logging"]["options"].keys() == {"max-size", "max-file"}
    assert name in {"tools", "recovery"} or "memory" in container["deploy"]["resources"]["limits"]
    assert not {"privileged", "network_mode", "pid"} & container.keys()
    assert ("cap_add" in container) is (name == "recovery")  # which somebody runs, and nobody reaches


def test_only_the_gateway_is_published_and_on_this_machine_alone() -> None:
    always = {name: container.get("ports") for name, container in CONTAINERS.items() if "profiles" not in container}

    assert {name for name, ports in always.items() if ports} == {"gateway"}
    assert always["gateway"] == ["${GATEWAY_BIND:-127.0.0.1}:${GATEWAY_PORT:-8080}:8080"]
    assert all(port.startswith("127.0.0.1:") for port in CONTAINERS["grafana"]["ports"])
    assert [name for name in ("postgres", "nats", "prometheus") if CONTAINERS[name]["networks"] != ["inside"]] == []


def test_no_secret_stands_in_a_file_of_the_deployment() -> None:
    written = [path for path in DEPLOY.rglob("*") if path.is_file() and not {"secrets", "standalone"} & {*path.parts}]

    assert written
    for path in written:
        assert not re.search(r"(?i)password\s*[:=]\s*[\"']?(?=[a-z-]*[0-9])[a-z0-9-]{8,}", path.read_text()), path


def test_every_setting_that_compose_passes_on_is_one() -> None:
    given = {name for name in CONTAINERS["incidents"]["environment"] if name.startswith("GW_")}

    assert {name.removeprefix("GW_").lower() for name in given} <= Settings.model_fields.keys()


# --- the gateway -------------------------------------------------------------------------------------------------------------


def _limits() -> Iterator[tuple[str, int]]:
    """Return what the gateway takes, by the end of the path; the general limit last."""
    sizes = {"k": 1024, "m": 1024**2}
    for ending, number, unit in re.findall(r"location ~ /(\w+)\$ \{.*?client_max_body_size (\d+)([km]);", GATEWAY):
        yield f"/{ending}", int(number) * sizes[unit]
    number, unit = re.findall(r"^    client_max_body_size (\d+)([km]);", GATEWAY, re.MULTILINE)[0]
    yield "", int(number) * sizes[unit]


def test_the_gateway_takes_what_the_services_take_and_hardly_more() -> None:
    limits = list(_limits())
    routes = [route for kind in KINDS for router in kind.all_routers() for route in router.routes]

    for route in routes:
        assert isinstance(route, EdgeRoute)
        taken = next(limit for ending, limit in limits if route.path.endswith(ending))
        assert route.bytes_max <= taken <= 2 * route.bytes_max, route.path


def test_the_gateway_guards_a_page_as_the_suite_does() -> None:
    given = re.findall(r'^add_header ([A-Za-z-]+) "(.+)";$', (DEPLOY / "gateway" / "page.conf").read_text(), re.MULTILINE)

    assert dict(given) == GUARDS


def test_the_pages_of_the_gateway_are_those_of_the_suite_and_have_no_token(tmp_path: Path) -> None:
    write(tmp_path, DEPLOY.parent / "docs", {kind.name: kind.title for kind in KINDS})

    front = (tmp_path / "index.html").read_text()
    links = {link for link in re.findall(r'(?:href|src)="/([^"]+)"', front) if not link.endswith("/docs")}
    assert {link for link in links if not (tmp_path / link).is_file()} == set()
    assert {f"book/{name}" for name in ("events.md", "states/incident.md", "county.svg")} <= {
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")
    }
    assert [f'data-health="/{name}/readyz"' in front for name in NAMES] == [True] * len(NAMES)
    assert "data-token" not in front


def test_the_gateway_says_in_its_refusals_how_much_it_takes() -> None:
    for told, number, unit in re.findall(r"set \$bytes_max (\d+);\s*client_max_body_size (\d+)([km]);", GATEWAY):
        assert int(told) == int(number) * {"k": 1024, "m": 1024**2}[unit]


# --- what is watched ---------------------------------------------------------------------------------------------------------


def test_alerts_and_dashboard_ask_for_numbers_that_there_are() -> None:
    dashboard = orjson.loads((DEPLOY / "grafana" / "dashboards" / "gridwhistle.json").read_bytes())
    alerts = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]
    asked = [rule["expr"] for rule in alerts] + [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    told = {*MEANINGS, *(name for name, _, _ in (*QUERIES, *(gauge for kind in KINDS for gauge in kind.gauges)))}

    for expression in asked:
        names = re.findall(r"\b(?:gw|process)_\w+", expression)
        assert names
        assert {re.sub(r"_(bucket|count|sum)$", "", name) if name not in told else name for name in names} <= told


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    for rule in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]:
        assert rule["annotations"].keys() == {"summary", "action"}
        assert rule["labels"]["severity"] in {"page", "warn"}


# --- secrets -----------------------------------------------------------------------------------------------------------------


def test_secrets_are_made_once_and_never_overwritten(made: Path) -> None:
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}

    again = CliRunner().invoke(app, ["secrets", "init", "--folder", str(made)])

    assert again.exit_code == 1
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before


def test_secrets_can_be_read_by_containers_and_by_nobody_else(made: Path) -> None:
    modes = {path.relative_to(made): path.stat().st_mode & 0o777 for path in made.rglob("*")}

    assert made.stat().st_mode & 0o777 == 0o700
    assert {mode for path, mode in modes.items() if (made / path).is_dir()} == {0o755}
    assert {mode for path, mode in modes.items() if (made / path).is_file()} == {0o644}


def test_a_key_that_is_added_can_be_read_as_the_others(made: Path) -> None:
    add_key(made / "incidents" / "keys")

    assert (made / "incidents" / "keys").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", NAMES)
def test_a_service_takes_the_secrets_that_were_made(made: Path, name: str) -> None:
    settings = Settings(
        _secrets_dir=made / name,
        keys_file=made / name / "keys",
        issuer="https://id.county.example",
        jwks_file=made / "jwks" / "jwks.json",
    )

    assert list(of_settings(settings)) == []


def test_a_service_that_came_later_gets_secrets_of_its_own_and_the_others_keep_theirs(made: Path) -> None:
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}

    added = CliRunner().invoke(app, ["secrets", "add", "petitions", "--folder", str(made)])
    twice = CliRunner().invoke(app, ["secrets", "add", "petitions", "--folder", str(made)])

    assert (added.exit_code, twice.exit_code) == (0, 1)
    assert {path: path.read_bytes() for path in before} == before
    assert (made / "petitions" / "gw_database_url").read_text().endswith("@postgres:5432/petitions")
    assert (made / "nats" / "petitions.conf").read_text().startswith("password: ")


def test_new_passwords_take_the_place_of_the_old_ones_and_the_keys_stay(made: Path) -> None:
    before = {path: path.read_text() for path in made.rglob("*") if path.is_file()}

    renewed = CliRunner().invoke(app, ["secrets", "renew", "incidents", "--folder", str(made)])

    after = {path: path.read_text() for path in made.rglob("*") if path.is_file()}
    assert renewed.exit_code == 0
    assert {str(path.relative_to(made)) for path in before if after[path] != before[path]} == {
        *(f"postgres/incidents{ending}" for ending in ("_owner", "", "_read")),
        *("incidents-owner/gw_database_url", "incidents/gw_database_url", "incidents/gw_nats_url", "nats/incidents.conf"),
    }
    password = after[made / "postgres" / "incidents"]
    assert after[made / "incidents" / "gw_database_url"] == f"postgresql://incidents:{password}@postgres:5432/incidents"
    assert after.keys() == before.keys()


def test_nats_takes_its_users_and_their_passwords(made: Path, tmp_path: Path) -> None:
    shutil.copytree(DEPLOY / "nats", tmp_path / "etc" / "gridwhistle")
    shutil.copytree(made / "nats", tmp_path / "etc" / "secrets")

    command = [program(), "-t", "-c", str(tmp_path / "etc" / "gridwhistle" / "nats.conf")]
    # It starts whatever service came later, or is no more.
    (tmp_path / "etc" / "secrets" / "petitions.conf").write_text('password: "x"')
    checked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    assert checked.returncode == 0, checked.stderr
