"""Every operation, asked by every role from every side of a place: let through, refused, not there, or a list of one's own.

Operations are found from the services, so a new one joins by itself; one that this file does not know how to ask fails until it
is said: what it acts on in `THINGS`, what it is sent in `SENT`. What is expected follows from the permission that the route
declares and from where the planted things lie.
"""

import asyncio
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

import asyncpg
import httpx2
import pytest

from gridwhistle.common.calendars import ORDINARY_WINDOWS
from gridwhistle.common.edge import EdgeRoute
from gridwhistle.common.events import Envelope, Event
from gridwhistle.common.presets import WINDOWS
from gridwhistle.common.principal import DESKS, GRANTS, PUBLIC, ROLES
from gridwhistle.common.sheet_formats import csv_of
from gridwhistle.standalone.services import KINDS
from tests.common.test_relay import TELL
from tests.conftest import Loop, Person, RunningSuite
from tests.system import (
    asked_of_alerts,
    asked_of_mediation,
    asked_of_places,
    asked_of_responses,
    asked_of_stock,
    asked_of_teams,
    asked_of_timebank,
)

HERE: Final = "990201001001"
GRID: Final = f"{HERE}001"
WATER: Final = "990201-water"
PLACES: Final = {HERE: 60.0, "990201001002": 60.1, "990202001001": 60.2}
"""Where things are planted, and how far east: here, in the community beside, in another county."""
SIDES: Final = {
    "own": (HERE,),
    "child": (GRID,),
    "another child": (f"{HERE}002",),
    "parent": ("990201001",),
    "county": ("990201",),
    "sibling": ("990201001002",),
    "other county": ("990202",),
    "two": ("990202", GRID),
    "nowhere": (),
}
"""From where one asks, seen from the things that are planted here."""
PLANTED: Final = "gw.matrix.event.planted.v1"
OPERATIONS: Final = sorted(
    (
        (kind.name, route)
        for kind in KINDS
        for router in kind.all_routers()
        for route in router.routes
        if isinstance(route, EdgeRoute)
    ),
    key=lambda operation: (operation[1].method != "GET", operation[1].path),  # reads first, before the others make more
)
NAMED: Final = [f"{route.method} {route.path}" for _, route in OPERATIONS]


class Planting(Event, type=PLANTED):
    """Something was planted."""


# --- how operations are asked ------------------------------------------------------------------------------------------------

THINGS: Final = {
    "incident_id": "incidents",
    "area_id": "areas",
    "organisation_id": "organisations",
    "thing_id": "incidents",  # the one kind of thing that anything is revealed of
    "part_id": "contacts",
    "incident_no": "incidents",
    "grid_id": "grids",
    "worker_id": "workers",
    "shift_id": "shifts",
    "letter_id": "dead_letters",
    "attachment_id": "attachments",
    "hold_id": "legal_holds",
    "category_id": "categories",
    "account_id": "accounts",
    "posting_id": "postings",
    "proposal_id": "proposals",
    "journal_id": "journals",
    **asked_of_mediation.THINGS,
    **asked_of_timebank.THINGS,
    **asked_of_stock.THINGS,
    **asked_of_places.THINGS,
    **asked_of_teams.THINGS,
    **asked_of_alerts.THINGS,
    **asked_of_responses.THINGS,
}
"""Which things a parameter of a path names."""
WHOLE: Final = {"list_seals", "list_rule_sets", *asked_of_stock.OF_NO_PLACE, *asked_of_mediation.WHOLE}
"""What belongs to a service and to no place: whoever has the permission has all of it."""
OF_THE_COUNTY: Final = {
    "list_rules": "",
    "list_calendar_days": "&year=2026",
    "list_categories": "",
    "export_catalogue": "",
    "export_shelters": "",
    "get_trial_balance": "",
}
"""Reads of what holds in one's own county, whatever side of it one is on, and how they are asked."""
_SQUARE: Final = {"type": "Polygon", "coordinates": [[[60, 10], [60.05, 10], [60.05, 10.05], [60, 10.05], [60, 10]]]}
NOBODY: Final = str(uuid.UUID(int=0))
_REPORT: Final = {"title": "井盖缺失", "area_code": HERE}
_CLOSED: Final = {"found_at": "2020-01-01T00:00:00Z", "closed_at": "2020-01-03T00:00:00Z"} | {
    "reference": {"system": "matrix", "code": "1"}
}
SENT: Final[dict[str, dict[str, Any]]] = {
    "report_incident": _REPORT,
    "report_incidents": {"reports": [_REPORT]},
    "import_closed_incidents": {"reports": [{**_REPORT, **_CLOSED}]},
    **{
        name: {}
        for name in (
            *("accept_incident", "contest_incident", "objection_upheld_incident", "objection_denied_incident"),
            *("void_incident", "refuse_void_incident", "deny_objection_incident", "send_back_incident", "redispatch_incident"),
            *("endorse_incident", "decline_incident", "approve_incident", "deny_incident", "resume_incident"),
            *("sample_passed_incident", "sample_failed_incident", "order_verification_incident", "verified_incident"),
            *("verified_false_incident", "verified_unclear_incident", "waive_check_incident", "check_failed_incident"),
            *("check_unclear_incident", "withdraw_request_incident", "withdraw_objection_incident", "withdraw_void_incident"),
        )
    },
    "reject_incident": {"reason_code": "not_ours"},
    "redirect_incident": {"reason_code": "unlawful", "sent_to": "nowhere"},
    "ask_volunteers_incident": {"service_code": "matrix", "people_needed": 2}
    | {"start_at": "2190-01-01T00:00:00Z", "end_at": "2190-01-01T02:00:00Z"},
    "credit_volunteer_incident": {"participant_id": NOBODY, "service_code": "matrix", "started_at": "2026-01-01T00:00:00Z"}
    | {"minutes": 60},
    "merge_incident": {"parent_id": "00000000-0000-7000-8000-000000000000"},
    "refer_dispute_incident": {},
    "answer_question": {"answer": "周一至周五办理"},
    "ask_void_incident": {"reason_code": "test"},
    "sign_incident": {"handler_id": "matrix-dept_handler"},
    "object_to": {"reason_code": "not_our_duty", "reason": "非我职责"},
    "uphold_incident": {"lead_org": WATER},
    "county_decide_incident": {"lead_org": WATER},
    "request_extension_incident": {"reason_code": "weather", "reason": "雨"},
    "request_suspension_incident": {"reason_code": "weather", "reason": "雨", "days": 30},
    "resolve_on_spot_incident": {"category": "C-0101", "result": "已扶正"},
    "call_back": {"is_reached": False},
    "reopen_incident": {"reason": "还在响"},
    "file_incident": {"category": "C-0101"},
    "dispatch_incident": {"lead_org": WATER},
    "submit_incident": {"result": "已处置"},
    "checked_incident": {},
    "close_incident": {},
    "add_area": {"area_code": HERE, "level": "community", "name": "示例社区"},
    "add_organisation": {"org": WATER, "area_code": HERE, "name": "水务局", "kind": "department"},
    "add_grid": {"grid_code": GRID, "name": "一", "households": 1, "boundary": _SQUARE},
    "change_grid": {"name": "二"},
    "adjust_grid": {"reason_code": "population_moved"},
    "add_micro_grid": {"micro_grid_code": f"{GRID}01", "name": "一号楼", "households": 60},
    "locate_point": {"lon": 60.02, "lat": 10.02},
    "locate_points": {"points": [[60.02, 10.02]]},
    "change_area": {"name": "示例社区"},
    "retire_area": {"merged_into": "990201001009"},
    "change_organisation": {"name": "水务局"},
    "change_worker": {"contract_to": "2027-06-30"},
    "renew_worker": {"contract_to": "2028-06-30"},
    "suspend_worker": {"reason_code": "asked"},
    "exit_worker": {"reason_code": "asked"},
    "unassign_grid": {"grid_code": f"{HERE}009"},
    "add_worker": {"name": "丁", "area_code": HERE, "employment": "full_time", "org": WATER},
    "assign_grid": {"grid_code": GRID},
    "start_shift": {"grid_code": GRID},
    "revoke_tokens": {"subject_id": "nobody-at-all", "reason_code": "device_lost", "area_code": HERE},
    "set_rule": {"key": WINDOWS, "area_code": HERE[:6], "value": ORDINARY_WINDOWS, "source_ref": "?"},
    "choose_rule_set": {"name": "urban", "area_code": HERE[:6]},
    "confirm_rule": {"key": WINDOWS, "area_code": HERE[:6]},
    "put_in_calendar_days": {"area_code": HERE[:6], "source_ref": "?"}
    | {"days": [{"date": "2026-11-24", "is_workday": False, "name": "示例节"}]},
    "replay_dead_letter": {"reason": "?"},
    "discard_dead_letter": {"reason": "?"},
    "add_category": {"county_code": HERE[:6], "code": "E-0405", "name": "店外经营", "source_ref": "?"},
    "change_category": {"name": "井盖"},
    "add_standard_category": {"condition": "缺失", "handle_amount": 2, "handle_unit": "urgent_hour", "close_condition": "恢复"}
    | {"source_ref": "?"},
    "withdraw_standard_category": {"id": NOBODY},
    "add_responsibility_category": {"area_prefix": HERE[:6], "supervising_org": WATER, "responsible_org": WATER},
    "withdraw_responsibility_category": {"id": NOBODY},
    "withdraw_matter_category": {"id": NOBODY},
    "publish_matter_category": {"level": "village", "lead_org_type": "village_committee", "community_may_refuse": True}
    | {"source_ref": "?"},
    "start_catalogue": {"county_code": HERE[:6]},
    "report_as_resident": _REPORT,
    "reopen_as_reporter": {"reason": "井盖还在响"},
    "contest_as_reporter": {"reason": "井盖归街道管"},
    "reveal_contact": {"fields": ["phone"], "purpose": "call_back", "note": "回访井盖修复情况"},
    "open_account": {"kind": "retired", "area_code": HERE},
    "freeze_account": {"reason": "核查"},
    "post_minutes": {"type": "earn_public", "minutes": 60},
    "post_many": {},
    "propose_grant": {"minutes": 60, "resolution_ref": "?", "reason": "?"},
    "propose_adjustment": {"minutes": 60, "reason": "?"},
    "propose_reversal_posting": {"reason": "?"},
    "reject_proposal": {"reason": "?"},
    "place_hold": {"thing": "?", "thing_id": "?", "cause": "行政复议 2026-17"},
    **asked_of_mediation.sent(HERE),
    **asked_of_timebank.sent(HERE),
    **asked_of_stock.sent(HERE),
    **asked_of_places.sent(HERE),
    **asked_of_teams.sent(HERE),
    **asked_of_alerts.sent(HERE),
    **asked_of_responses.sent(HERE),
}
"""What an operation with a body is sent: what it makes would lie here."""
QUERIES: Final = {"import_catalogue": f"?area_code={HERE[:6]}", **asked_of_stock.OF_NO_PLACE}
QUERIES["import_stock_list"] = "?source_ref=matrix"
"""What an operation that is sent a file, or whose answer has no place, is asked besides."""
_IN_THE_GRID: Final = ("add_grid", "locate_point", "locate_points", "start_shift", "register_shelter", "add_support_point")
LIES_IN: Final = dict.fromkeys(_IN_THE_GRID, GRID) | dict.fromkeys(
    (
        "set_rule",
        "confirm_rule",
        "choose_rule_set",
        "put_in_calendar_days",
        "add_category",
        "start_catalogue",
        "add_service_kind",
        "add_resource_type",
        "import_catalogue",
        *asked_of_alerts.LIE_IN_THE_COUNTY,
        *asked_of_responses.LIE_IN_THE_COUNTY,
    ),
    HERE[:6],
)
"""Where lies what is sent; in the community, if it is not said."""
LIES_NOWHERE: Final = {"upload_attachment", "find_places_within"}
"""Operations whose thing has no place yet, or that find what is one's own wherever they look."""
LISTED: Final = (
    asked_of_places.LISTED
    | asked_of_stock.LISTED
    | asked_of_teams.asked_list(HERE)
    | {"hear_events": f"?limit=200&type={PLANTED}"}
)
"""How lists are asked that ask for more than a limit."""
WHOLE_CODES: Final = {"export_shelters"}
"""Reads of a county that ask for the twelve digits of its code."""
ONLY_ASKED: Final = {"exit_worker"}
"""Operations that are asked of a version that is none: once done, the worker who asks here would have no tokens any more."""
HELD: Final = {
    "incidents": ("incident", "incidents"),
    "personnel": ("worker", "workers"),
    "timebank": ("account", "accounts"),
} | {"inventory": ("storage_point", "storage_points"), "mediation": ("committee", "committees")}
"""What can be held in a service: its table, and the kind of thing that is planted."""
NAMES_ANOTHER: Final = asked_of_timebank.NAMES_ANOTHER | asked_of_stock.NAMES_ANOTHER
NOT_THERE: Final = {"place_hold", "post_minutes", "post_many", "propose_grant", "propose_adjustment"} | set(NAMES_ANOTHER)
"""Operations that name other things in their body: out of reach, they may not even be there."""
OF_EVERY_SERVICE: Final = {"events", "dead_letters", "overdue", "legal_holds", "disclosures", "deletion_certificates"}
"""Things that are planted in every service's database."""
IDS: Final = asked_of_stock.IDS | {"list_audit": "object_id", "list_overdue_clocks": "owner_id"}
"""The field by which a list names the thing that a line is about."""


def of_a_batch(answer: httpx2.Response) -> str:
    [result] = answer.json()["results"]
    # Of what is known and out of reach no more is said than that.
    is_out_of_reach = result["code"] == "outside_your_area" or (result["result"] == "known" and not result["incident_id"])
    return "outside" if is_out_of_reach else "let through"


def of_postings(answer: httpx2.Response) -> str:
    return "not there" if answer.json()["results"][0]["code"] == "not_found" else "let through"


def of_a_point(answer: httpx2.Response) -> str:
    return "outside" if answer.json()["grid_code"] is None else "let through"


def of_points(answer: httpx2.Response) -> str:
    return "outside" if answer.json()["found"][0] is None else "let through"


SAYS_INSIDE: Final[dict[str, Callable[[httpx2.Response], str]]] = {"report_incidents": of_a_batch, "locate_point": of_a_point}
SAYS_INSIDE["import_closed_incidents"] = of_a_batch
SAYS_INSIDE["locate_points"] = of_points
SAYS_INSIDE["post_many"] = of_postings
"""Operations that answer 200 and say within the answer that a place is out of reach."""


@dataclass
class Planted:
    """Things that were planted in every place, by kind: where each lies, and which organisation has it."""

    things: dict[str, dict[str, tuple[str, str | None]]] = field(default_factory=lambda: defaultdict(dict))
    parts: dict[str, str] = field(default_factory=dict)
    worker_id: str = ""
    askers: dict[Any, Person] = field(default_factory=dict)

    def add(self, kind: str, id_: str, place: str, lead_org: str | None = None) -> None:
        self.things[kind][id_] = (place, lead_org)

    def path(self, route: EdgeRoute, id_: str) -> str:
        """Return the address of an operation on a thing, or on the part that it has."""
        parameter = route.path[route.path.index("{") : route.path.index("}") + 1]
        parts = route.path.partition("/{part_id}")[0].rpartition("/")[2]  # of which kind, where a thing has several
        part = self.parts.get(f"{id_} {parts}", self.parts.get(id_, NOBODY))
        return route.path.replace(parameter, id_).replace("{part_id}", part)

    def of(self, kind: str) -> list[str]:
        """Return the ids of a kind of thing that lie here."""
        return [id_ for id_, (place, _) in self.things[kind].items() if place.startswith(HERE) or place == HERE[:6]]


OF_OFFICERS: Final = {
    "legal_hold": (
        "version, area_code, state, thing, thing_id, cause, placed_at",
        "1, $2, 'held', 'matrix', gen_random_uuid(), 'matrix', now()",
    ),
    "disclosure": (
        "area_code, actor_id, looked_on, nth, at, actor_role, thing, thing_id, fields, purpose, note, request_id",
        "$2, gen_random_uuid(), now(), 1, now(), 'auto', 'matrix', gen_random_uuid(), '[]', 'audit', 'matrix', 'matrix'",
    ),
    "deletion_certificate": (
        "county_code, things, filter, reason, rows, executed_at, hash",
        "$2, 'matrix', 'matrix', 'expired', 1, now(), repeat('0', 64)",
    ),
}
"""Rows of the privacy officer's tables: columns and values, after the id; $2 is the place."""


SHEETS: Final = {"import_shelters": asked_of_places.register(HERE), "import_stock_list": asked_of_stock.LIST}
"""Files that operations are sent; a catalogue's, if it is not said."""
CATALOGUE: Final = [["line", "code", "name", "source_ref"], ["category", "E-0406", "占道", "?"]]
COUNTY_WIDE: Final = asked_of_timebank.COUNTY_WIDE.union(
    asked_of_stock.COUNTY_WIDE, asked_of_alerts.COUNTY_WIDE, asked_of_responses.COUNTY_WIDE
)
"""Reads that show one's whole county, whatever part of it one comes from."""
FILES: Final[dict[str, Callable[[str], bytes]]] = {
    "application/cap+xml": lambda _: asked_of_alerts.message(HERE),
    "text/csv": lambda name: csv_of(SHEETS.get(name, CATALOGUE)),
    "image/png": lambda _: asked_of_timebank.picture(),
}
"""What is sent where a file is taken, by its media type."""


# --- planting ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def planted(suite: RunningSuite, background: Loop) -> Planted:
    """Plant one of everything in every place."""
    planted = Planted()
    for place, west in PLACES.items():
        _plant_personnel(suite, planted, place, west)
        _plant_timebank(suite, planted, place)
        asked_of_stock.plant(suite, planted.add, place)
        asked_of_places.plant(suite, planted.add, planted.parts, place, west)
        asked_of_teams.plant(suite, planted.add, planted.parts, place)
        asked_of_mediation.plant(suite, planted.add, planted.parts, place)
        asked_of_alerts.plant(suite, planted.add, place)
        asked_of_responses.plant(suite, planted.add, place)
    for place, west in PLACES.items():
        _plant_incidents(suite, planted, place, west)
    here = suite.somebody("county_admin", HERE[:6])  # an index of grids may be a second old
    _wait_until(lambda: here.post("/personnel/v1/grids/locate", SENT["locate_point"]).json()["grid_code"] == GRID)
    background.run(_plant_in_every_service(suite, planted))
    return planted


def _made(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content


def _plant_personnel(suite: RunningSuite, planted: Planted, place: str, west: float) -> None:
    admin, base = suite.somebody("county_admin", place[:6]), "/personnel/v1"
    ring = [[west, 10.0], [west + 0.05, 10.0], [west + 0.05, 10.05], [west, 10.05], [west, 10.0]]
    content: dict[str, dict[str, Any]] = {
        "areas": {"area_code": place, "level": "community", "name": "示例社区"},
        "organisations": {"org": f"{place[:6]}-{place[-3:]}" if place != HERE else WATER, "area_code": place}
        | {"name": "水务局", "kind": "department"},
        "grids": {"grid_code": f"{place}001", "name": "一", "households": 1}
        | {"boundary": {"type": "Polygon", "coordinates": [ring]}, "filed_at": "2026-01-01T00:00:00Z"},
        "workers": {"name": "丁", "area_code": place, "employment": "full_time", "org": WATER},
    }
    made = {kind: _made(admin.post(f"{base}/{kind}", body))["id"] for kind, body in content.items()}
    for kind, id_ in made.items():
        planted.add(kind, id_, f"{place}001" if kind == "grids" else place)
    _made(admin.post(f"{base}/workers/{made['workers']}/assignments", {"grid_code": f"{place}001"}))
    worker = suite.somebody("grid_worker", f"{place}001", subject=made["workers"])
    planted.add("shifts", _made(worker.post(f"{base}/shifts", {"grid_code": f"{place}001"}))["id"], f"{place}001")
    by = suite.somebody("security_admin", place[:6])
    revoked = {"subject_id": f"nobody-{uuid.uuid4()}", "reason_code": "device_lost", "area_code": place}
    planted.add("revocations", _made(by.post(f"{base}/revocations", revoked))["id"], place)
    planted.worker_id = planted.worker_id or made["workers"]
    if place.endswith("001001"):  # of the county: one for each of them
        category = {"county_code": place[:6], "code": "C-0101", "name": "上水井盖", "source_ref": "?"}
        planted.add("categories", _made(admin.post("/incidents/v1/categories", category))["id"], place[:6])


def _plant_timebank(suite: RunningSuite, planted: Planted, place: str) -> None:
    admin = suite.somebody("timebank_admin", place[:6])
    asked_of_timebank.plant(suite, planted.add, planted.parts, place)
    application = suite.somebody("integrator", place[:6], scope="ledger:post")
    for kind in ("issuance", "pool"):
        planted.add("accounts", _made(admin.post("/timebank/v1/accounts", {"kind": kind, "area_code": place}))["id"], place)
    sides = dict(zip(("from_account_id", "to_account_id"), list(planted.things["accounts"])[-2:], strict=True))
    posting = {"type": "earn_public", "minutes": 60, **sides}
    made = _made(application.post("/timebank/v1/postings", posting, Idempotency_Key=str(uuid.uuid4())))
    planted.add("postings", made["id"], place)
    planted.add("journals", _made(admin.get(f"/timebank/v1/postings/{made['id']}"))["journal_id"], place)
    grant = {**SENT["propose_grant"], **sides}
    planted.add("proposals", _made(admin.post("/timebank/v1/grants", grant))["id"], place)


def _plant_incidents(suite: RunningSuite, planted: Planted, place: str, west: float) -> None:
    base = "/incidents/v1/incidents"
    acceptor = suite.somebody("town_acceptor", place[:9], subject="matrix-planter")
    dispatcher = suite.somebody("town_dispatcher", place[:9], subject="matrix-planter-2")
    report = {"title": "井盖缺失", "location": {"lon": west + 0.02, "lat": 10.02}, "contact": {"phone": "13800138000"}}
    _wait_for(lambda: acceptor.post(base, report), 201)
    for lead_org in (None, WATER) if place == HERE else (None,):
        incident = _made(acceptor.post(base, report))
        assert incident["grid_code"] == f"{place}001"
        planted.add("incidents", incident["id"], f"{place}001", lead_org)
        if lead_org is None:
            sent = acceptor.send("/incidents/v1/attachments", asked_of_timebank.picture(), "image/png")
            with_picture = _made(acceptor.post(base, report | {"attachment_ids": [_made(sent)["id"]]}))
            planted.add("incidents", with_picture["id"], f"{place}001")
            planted.add("attachments", with_picture["attachments"][0]["id"], f"{place}001")
        else:
            path = f"{base}/{incident['id']}"
            _made(acceptor.post(f"{path}/accept", {}))
            _made(acceptor.post(f"{path}/file", {"category": "C-0101"}))
            _made(_wait_for(lambda path=path: dispatcher.post(f"{path}/dispatch", {"lead_org": lead_org}), 200))  # type: ignore[misc]  # noqa: B023
    for id_ in planted.things["incidents"]:
        planted.parts.setdefault(id_, acceptor.get(f"{base}/{id_}/contact").json().get("id", NOBODY))


def _wait_until(holds: Callable[[], bool]) -> None:
    import time  # noqa: PLC0415

    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def _wait_for(ask: Callable[[], httpx2.Response], status: int) -> httpx2.Response:
    """Ask until what personnel told has arrived."""
    import time  # noqa: PLC0415

    end = time.monotonic() + 30
    while (answer := ask()).status_code != status:
        assert time.monotonic() < end, answer.text
        time.sleep(0.05)
    return answer


async def _plant_in_every_service(suite: RunningSuite, planted: Planted) -> None:
    for kind in KINDS:
        connection = await asyncpg.connect(suite.postgres.url(kind.name))
        for place in PLACES:
            id_, owner_id = uuid.uuid4(), uuid.uuid4()
            event = Envelope(id_, Planting(), owner_id, 1, place, dt.datetime.now(dt.UTC), "auto", "matrix", "matrix")
            await connection.execute(
                TELL,
                id_,
                owner_id,
                f"gw.{place[:6]}.{kind.name}.event.planted.v1",
                event.to_json(),
            )
            planted.add(f"{kind.name}.events", str(id_), place)
            id_, owner_id = uuid.uuid4(), uuid.uuid4()
            await connection.execute(
                "INSERT INTO parked (id, version, area_code, state, why, source, subject, content, after_no, tries, parked_at)"
                " VALUES ($1, 1, $2, 'dead', 'unreadable', 'matrix', 'gw.matrix', '', 0, 0, now())",
                id_,
                place,
            )
            planted.add(f"{kind.name}.dead_letters", str(id_), place)
            await connection.execute(
                "INSERT INTO clock (id, owner, owner_id, area_code, rule_key, rule_id, amount, unit, windows, extended_times,"
                " is_provisional, started_at, warn_at, due_at, breached_at)"
                " SELECT $1, 'matrix', $2, $3, 'matrix.stage', $1, 1, 'natural_day', '', 0, false, t, t, t, t FROM now() t",
                id_,
                owner_id,
                place,
            )
            planted.add(f"{kind.name}.overdue", str(owner_id), place)
            for table, (columns, values) in OF_OFFICERS.items():
                whole = place[:6] if table == "deletion_certificate" else place
                id_ = uuid.uuid4()
                await connection.execute(f"INSERT INTO {table} (id, {columns}) VALUES ($1, {values})", id_, whole)
                planted.add(f"{kind.name}.{table}s", str(id_), whole)
        async with asyncio.timeout(30):
            while await connection.fetchval("SELECT count(*) FROM waiting"):
                await asyncio.sleep(0.1)
        await connection.close()


# --- asking ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asker:
    """Somebody who asks, and what is to be expected of it."""

    role: str
    side: str
    areas: tuple[str, ...]
    scope: str = ""

    @property
    def org(self) -> str | None:
        return WATER if self.role in DESKS else None

    def person(self, suite: RunningSuite, planted: Planted) -> Person:
        if self not in planted.askers:
            subject = planted.worker_id if self.role == "grid_worker" else f"matrix-{self.role}"
            planted.askers[self] = suite.somebody(self.role, *self.areas, subject=subject, org=self.org, scope=self.scope)
        return planted.askers[self]

    def may(self, permission: str) -> bool:
        return permission in GRANTS[self.role] or permission in self.scope

    def over_the_county(self) -> "Asker":
        """Return the asker as one who sees the whole of each county that they come from."""
        return replace(self, areas=tuple({area[:6] for area in self.areas}))

    def sees(self, place: str, lead_org: str | None, *, is_incident: bool) -> bool:
        """Tell whether a thing is this asker's to see, by where it lies and whose it is."""
        lies_within = any(place[: len(area)] == area for area in self.areas)
        return lies_within and not (is_incident and self.role in DESKS and lead_org != WATER)


def askers(permission: str) -> Iterator[Asker]:
    """Return every role on every side, and an application that has the permission by its scope.

    Without the permission the side makes no difference, so such a role asks from here and from another county only.
    """
    for side, areas in SIDES.items():
        for role in sorted(ROLES.keys() - {"auto"}):
            if permission in GRANTS[role] or side in {"own", "other county"}:
                yield Asker(role, side, areas)
        yield Asker("integrator", side, areas, scope=permission)


def name_of(service: str, route: EdgeRoute) -> str:
    """Return the operation's name; one that every service has begins with the service's."""
    return str(route.operation_id).removeprefix(f"{service}_")


def kind_of(service: str, route: EdgeRoute) -> str:
    """Return which things an operation reads or changes."""
    parameters = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    kind = THINGS[parameters[0]] if parameters else route.path.rpartition("/")[2]
    if parameters[:1] == ["thing_id"]:
        return route.path.split("/")[3]
    if kind == "attachments" and service == "timebank":
        return "timebank.attachments"
    return f"{service}.{kind}" if kind in OF_EVERY_SERVICE else kind


def outcome(answer: httpx2.Response, name: str) -> str:
    """Return what became of a request, in a word."""
    if answer.status_code < 300:
        return SAYS_INSIDE[name](answer) if name in SAYS_INSIDE else "let through"
    code = answer.json()["code"]
    words = {"insufficient_scope": "no permission", "outside_your_area": "outside", "not_found": "not there"}
    if answer.status_code >= 500 or answer.status_code == 401:
        return f"{answer.status_code} {code}"
    return words.get(code, f"refused: {code}")


def asked(
    person: Person, route: EdgeRoute, path: str, name: str, more: Mapping[str, str] = MappingProxyType({})
) -> httpx2.Response:
    if route.takes:
        media_type, content = next((kind, of_it(name)) for kind, of_it in FILES.items() if kind in route.takes)
        return person.send(path + QUERIES.get(name, ""), content, media_type)
    if route.method == "GET":
        return person.get(path)
    if route.method == "PATCH":
        return person.patch(path, SENT[name], If_Match='"1"')
    headers = {"If_Match": '"999"'} if name in ONLY_ASKED else {}
    if route.needs_key and route.may != PUBLIC:
        headers["Idempotency_Key"] = str(uuid.uuid4())
    return person.post(path, {**SENT[name], **more} if name in SENT else None, **headers)


def test_it_is_said_how_every_operation_is_asked(planted: Planted) -> None:
    unsaid = []
    for service, route in OPERATIONS:
        name = name_of(service, route)
        parameters = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
        reads_a_list = route.method == "GET" and not parameters and name not in {*WHOLE, *OF_THE_COUNTY}
        if (
            (route.method != "GET" and route.body_field is not None and name not in SENT)
            or any(parameter not in THINGS for parameter in parameters)
            or (reads_a_list and name != "list_audit" and not planted.things[kind_of(service, route)])
        ):
            unsaid.append(f"{route.method} {route.path} ({name})")

    assert not unsaid, "say in this file how they are asked: THINGS, SENT, WHOLE, or what is planted"


def test_without_a_token_nothing_is_let_through(suite: RunningSuite) -> None:
    for _, route in OPERATIONS:
        path = route.path.replace("{", "").replace("}", "")
        answer = suite.client.request(route.method, path)

        assert (answer.status_code == 401) == (route.may != PUBLIC), f"{route.method} {route.path}"


@pytest.mark.parametrize(("service", "route"), OPERATIONS, ids=NAMED)
def test_each_role_gets_what_its_permissions_and_its_place_allow(
    suite: RunningSuite, planted: Planted, service: str, route: EdgeRoute
) -> None:
    if route.may == PUBLIC:
        assert suite.client.request(route.method, route.path).status_code != 401
        return
    name, wrong, through = name_of(service, route), [], 0

    for asker in askers(route.may):
        for said, expected in _asked_and_expected(suite, planted, asker, service, route, name):
            through += said == "let through"
            if said != expected and not (expected == "outside" and said.startswith("refused")):
                wrong.append(f"{asker.role} from {asker.side}: {said}, not {expected}")

    assert not wrong
    assert through, "nobody was let through: what is sent here shows nothing"


def hidden(asker: Asker, kind: str, name: str) -> bool:
    """Tell whether a thing of the time bank is not this asker's to see although it lies in their area."""
    if name.startswith("reveal_"):  # whose fields they are is said before whose thing it is
        return name == "reveal_claim" and asker.role == "volunteer"
    return kind in asked_of_timebank.PRIVATE and asker.role not in asked_of_timebank.STAFF


def _asked_and_expected(
    suite: RunningSuite, planted: Planted, asker: Asker, service: str, route: EdgeRoute, name: str
) -> Iterator[tuple[str, str]]:
    """Return what each request got, and what it should have got."""
    person = asker.person(suite, planted)
    if name in COUNTY_WIDE:
        asker = asker.over_the_county()
    if "{" in route.path:
        kind = kind_of(service, route)
        for id_ in planted.of(kind):
            place, lead_org = planted.things[kind][id_]
            said = outcome(asked(person, route, planted.path(route, id_), name), name)
            there = asker.sees(place, lead_org, is_incident=kind in {"incidents", "attachments"}) and not hidden(
                asker, kind, name
            )
            there |= name in asked_of_timebank.FIRST_REGISTERED
            expected = "no permission" if not asker.may(route.may) else "let through" if there else "not there"
            # A step may not be possible any more, or belong to another role: the thing was there for the asker all the same.
            yield ("let through" if route.method != "GET" and said.startswith("refused") else said), expected
        return
    if route.method == "GET":
        if name in OF_THE_COUNTY:
            yield _own_countys(person, asker, route, name)
            return
        asks = QUERIES.get(name, "") if name in WHOLE else LISTED.get(name, "?limit=200")
        answer = person.get(route.path + asks)
        yield outcome(answer, name), "let through" if asker.may(route.may) else "no permission"
        if answer.status_code == 200 and name not in WHOLE:
            yield _strangers_in(answer, planted, asker, kind_of(service, route), name), "nobody else's, and all of one's own"
        return
    more = _named_in(planted, service, name) if name in NOT_THERE else {}
    if name in NAMES_ANOTHER:
        named, of_kind = NAMES_ANOTHER[name]
        more = {named: planted.of(of_kind)[0]}
    said = outcome(asked(person, route, route.path, name, more), name)
    within = name in LIES_NOWHERE or asker.sees(LIES_IN.get(name, HERE), None, is_incident=False)
    if name in NOT_THERE and said == "not there":
        said = "outside"
    expected = "no permission" if not asker.may(route.may) else "let through" if within else "outside"
    yield ("let through" if within and said.startswith("refused") else said), expected


def _named_in(planted: Planted, service: str, name: str) -> dict[str, Any]:
    """Return the part of a body that names things that were planted here."""
    if name == "place_hold":
        thing, kind = HELD[service]
        return {"thing": thing, "thing_id": planted.of(kind)[0]}
    sides = dict(zip(("from_account_id", "to_account_id"), planted.of("accounts"), strict=False))
    return {"postings": [{**SENT["post_minutes"], **sides}]} if name == "post_many" else sides


def _own_countys(person: Person, asker: Asker, route: EdgeRoute, name: str) -> tuple[str, str]:
    """Return what was said of the rules of the county, and what should be said."""
    county = asker.areas[0][:6] if asker.areas else None
    code = (county or HERE[:6]).ljust(12 if name in WHOLE_CODES else 6, "0")
    answer = person.get(f"{route.path}?area_code={code}{OF_THE_COUNTY[name]}")
    said = outcome(answer, name)
    if (
        said == "let through"
        and not route.gives
        and not all(str(county).startswith(item.get("area_code", "")) for item in answer.json()["items"])
    ):
        said = "shows another county's"
    return said, "no permission" if not asker.may(route.may) else "let through" if county else "outside"


def _strangers_in(answer: httpx2.Response, planted: Planted, asker: Asker, kind: str, name: str) -> str:
    """Say what a list shows that it should not, or does not show that it should."""
    items = answer.json()["events" if name == "hear_events" else "items"]
    places = {id_: thing for things in planted.things.values() for id_, thing in things.items()}
    for item in items:
        id_ = item[IDS.get(name, "id")]
        place = item.get("grid_code") or item.get("area_code")
        if id_ in places or place:
            place, lead_org = places.get(id_, (place, item.get("lead_org")))
            is_incident = id_ in planted.things["incidents"] or "incident_no" in item
            # The worker asks as who they are, and one's own record is one's own wherever one is.
            if id_ != planted.worker_id and not asker.sees(place, lead_org, is_incident=is_incident):
                return f"shows what lies in {place}"
    own = {
        id_
        for id_, thing in planted.things[kind].items()
        if asker.sees(*thing, is_incident=kind == "incidents") and not hidden(asker, kind, name)
    }
    if not own <= {item[IDS.get(name, "id")] for item in items}:
        return "does not show what is one's own"
    return "nobody else's, and all of one's own"
