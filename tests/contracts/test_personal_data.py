"""What may be kept about people, and how: every table and every event of every service, and the toolshed's."""

from collections.abc import Iterator
from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter
from sqlalchemy import Column, ForeignKey, LargeBinary, MetaData, Table, Text, Uuid

from gridwhistle.common.data_classes import P2, P3
from gridwhistle.common.edge import EdgeRoute
from gridwhistle.common.events import REGISTRY, Event
from gridwhistle.common.personal import KINDS as PERSONAL_KINDS
from gridwhistle.common.personal import Personal
from gridwhistle.common.retention import CLASSES, Kept, kept_of, root_of
from gridwhistle.common.sealed import Sealed, class_of, sealed_columns
from gridwhistle.common.service import Service
from gridwhistle.common.tables import plumbing
from gridwhistle.common.wire import Body
from gridwhistle.standalone.register import register
from gridwhistle.standalone.services import KINDS
from tests.toolshed import TOOLSHED

TABLES = [
    pytest.param(table, id=f"{service.name}.{table.name}")
    for service in (*KINDS, TOOLSHED)
    for table in service.tables.sorted_tables
]
PERSONAL = {P2, P3}
WHY = {"reason", "note", "cause"}


def faults_of(table: Table) -> list[str]:
    """Return what is wrong with how a table keeps what it keeps."""
    faults = _faults_of_links(table)
    kept = kept_of(table)
    if kept is None or kept.retention not in CLASSES or (kept.since and kept.since not in root_of(table)[0].c):
        faults.append("says a retention class that there is, and a column of its own or its root's from which it counts")
    for column in table.c:
        is_sealed = isinstance(column.type, Sealed)
        if is_sealed != (class_of(column) in PERSONAL):
            faults.append(f"{column.name}: sealed if and only if it is personal")
        if is_sealed and not column.nullable:
            faults.append(f"{column.name}: may be null, since retention takes it away")
    if sealed_columns(table):
        if kept and not kept.since:
            faults.append("keeps personal values, so its time counts from something")
        if "emergency_session_id" not in root_of(table)[0].c:
            faults.append("keeps personal values, so its root says in which emergency session")
        if any(field.kept not in {None, *CLASSES} for field in sealed_columns(table).values()):
            faults.append("says retention classes that there are")
    return faults


def _faults_of_links(table: Table) -> list[str]:
    faults, links = [], [key.column.table for column in table.c for key in column.foreign_keys]
    if any("kept" not in linked.info for linked in links):
        faults.append("belongs to a root: retention takes the parts of a thing along, and no parts of parts")
    if "kept" not in table.info and len(links) > 1:
        faults.append("belongs to one root by one column: with which of several it goes, nothing says")
    return faults


@pytest.mark.parametrize("table", TABLES)
def test_every_table_says_how_long_it_is_kept_and_seals_what_is_personal_and_nothing_else(table: Table) -> None:
    assert faults_of(table) == []


@pytest.mark.parametrize(
    ("columns", "info", "fault"),
    [
        pytest.param([], {}, "says a retention class", id="no retention"),
        pytest.param([Column("phone", Text, info={"class": P2})], {}, "phone: sealed if and only if", id="in the clear"),
        pytest.param([Column("note", Sealed(PERSONAL_KINDS[0]))], {}, "note: sealed if and only if", id="sealed work data"),
    ],
)
def test_a_careless_table_is_found(columns: list[Column[Any]], info: dict[str, Any], fault: str) -> None:
    table = Table("careless", MetaData(), Column("id", Uuid, primary_key=True), *columns, info=info)

    assert any(fault in found for found in faults_of(table))


def test_a_table_that_retention_could_not_take_whole_is_found() -> None:
    roots = MetaData()
    whole = Table("whole", roots, Column("id", Uuid, primary_key=True), info={"kept": Kept("r8")})
    part = Table("part", roots, Column("id", Uuid, primary_key=True), Column("whole_id", Uuid, ForeignKey(whole.c.id)))
    links = {"first_id": whole.c.id, "second_id": whole.c.id}
    Table("between", roots, *(Column(name, Uuid, ForeignKey(to)) for name, to in links.items()))
    Table("piece", roots, Column("part_id", Uuid, ForeignKey(part.c.id)), info={"kept": Kept("r8")})

    faults = {table.name: [fault.partition(":")[0] for fault in faults_of(table)] for table in roots.sorted_tables}

    assert faults == {
        "whole": [],
        "part": [],
        "between": ["belongs to one root by one column"],
        "piece": ["belongs to a root"],
    }


def test_the_plumbing_keeps_nothing_personal_in_the_clear() -> None:
    assert [c for table in plumbing.sorted_tables for c in table.c if class_of(c) in PERSONAL] == []
    # What is bytes there is sealed, a hash, or an event that nobody could read.
    opaque = {
        f"{c.table.name}.{c.name}" for table in plumbing.sorted_tables for c in table.c if isinstance(c.type, LargeBinary)
    }
    seals = {f"audit_seal.{name}" for name in ("hash", "digests", "previous")}
    assert opaque == {"command_key.answer", "command_key.fingerprint", "parked.content"} | seals


@pytest.mark.parametrize("kind", REGISTRY.values(), ids=REGISTRY.keys())
def test_no_event_carries_a_value_about_a_person(kind: type[Event]) -> None:
    schema = str(kind.model_json_schema(mode="serialization"))

    assert not any(f"'x-data-class': '{data_class.code}'" in schema for data_class in PERSONAL)


@pytest.mark.parametrize("service", [*KINDS, TOOLSHED], ids=lambda service: service.name)
def test_every_service_hears_that_a_session_is_over_and_can_say_that_its_part_is_gone(service: Service) -> None:
    assert f"gw.{service.name}.session.purged.v1" in REGISTRY
    heard = "purge_due.v1" if service.name == "inventory" else ">"  # of its own events a service hears what it asks for
    assert f"gw.*.inventory.session.{heard}" in service.consumer.filters()["inventory"]


def test_no_address_takes_a_value_about_a_person() -> None:
    routes = [route for service in (*KINDS, TOOLSHED) for router in service.all_routers() for route in router.routes]
    queries = [route.asks.query[1].model_json_schema() for route in routes if isinstance(route, EdgeRoute) and route.asks.query]
    in_paths = [kind.json_schema() for route in routes if isinstance(route, EdgeRoute) for kind in route.asks.path.values()]

    assert len(queries) > 5
    assert len(in_paths) > 5
    assert not any(
        f"'x-data-class': '{data_class.code}'" in str(part) for part in (*queries, *in_paths) for data_class in PERSONAL
    )


def test_an_event_with_a_value_about_a_person_would_be_seen() -> None:
    class Careless(Event):
        phone: PERSONAL_KINDS[0]  # type: ignore[valid-type]

    assert "'x-data-class': 'P2'" in str(Careless.model_json_schema(mode="serialization"))


def test_every_kind_says_its_class_its_fault_and_an_example_that_it_takes() -> None:
    for kind in PERSONAL_KINDS:
        assert issubclass(kind, Personal)
        assert kind.data_class in PERSONAL
        assert kind.fault.zh
        assert kind.read(kind.example).full == kind.example


def test_the_register_names_every_personal_column_with_its_basis_and_who_sees_it() -> None:
    text = register([TOOLSHED])

    assert "| toolshed `member.id_number` | P3 | IdNumber |" in text
    assert "| toolshed `friend.phone` | P2 | Phone | 找回借出的工具 to find a tool that was lent | consent | 180 days |" in text


def bodies(kind: type[Body] = Body) -> Iterator[type[Body]]:
    for body in kind.__subclasses__():
        yield body
        yield from bodies(body)


def test_numbers_are_masked_wherever_people_write_why() -> None:
    written = [
        (body, name)
        for body in bodies()
        if body.__module__.startswith("gridwhistle.")
        for name in WHY & body.model_fields.keys()
    ]

    in_the_clear = [
        f"{body.__module__}.{body.__name__}.{name}"
        for body, name in written
        if TypeAdapter(get_type_hints(body, include_extras=True)[name]).validate_python("打 13800138000 问")
        != "打 138****8000 问"
    ]

    assert written
    assert in_the_clear == []
