"""The whole ordinary life of reports over HTTP: what may go otherwise than straight on, each by the role whose step it is."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests import counties
from tests.conftest import Person, RunningSuite
from tests.system.asked_of_timebank import picture

INCIDENTS = "/incidents/v1/incidents"
WATER, POWER = "990101-water", "990101-power"
GRID = "990101001001003"
Wait = Callable[[Callable[[], bool]], None]


class Case:
    """An incident on its way, with the people who work on it."""

    def __init__(self, suite: RunningSuite, **report: Any) -> None:
        self.suite = suite
        content = {"title": "井盖缺失", "source": "resident", "location": {"lon": 120.160, "lat": 30.272}, **report}
        by = suite.person(report.pop("by", "town_acceptor"))
        content.pop("by", None)
        made = by.post(INCIDENTS, content)
        assert made.status_code == 201, made.text
        self.id = made.json()["id"]
        self.path = f"{INCIDENTS}/{self.id}"

    def person(self, role: str) -> Person:
        role, _, org = role.partition("@")
        if org:
            return self.suite.somebody(role, "990101", org=org, subject=f"{role}-of-{org}")
        return self.suite.person(role)

    def ask(self, role: str, action: str, body: dict[str, Any] | None = None, **headers: str) -> tuple[int, str]:
        """Take a step; return the status, and the new state or the refusal's code."""
        answer = self.person(role).post(f"{self.path}/{action}", body, **headers)
        content = answer.json()
        return answer.status_code, content["state"] if answer.status_code == 200 else content["code"]

    def take(self, *steps: tuple[str, str, dict[str, Any] | None], **headers: str) -> str:
        """Take steps that are allowed; return the state after them."""
        state = ""
        for role, action, body in steps:
            status, state = self.ask(role, action, body, **headers)
            assert status == 200, f"{role} {action}: {state}"
        return state

    def seen(self, role: str = "town_acceptor") -> dict[str, Any]:
        """Return it as somebody sees it."""
        content: dict[str, Any] = self.person(role).get(self.path).json()
        return content

    def clocks(self) -> dict[str, dict[str, Any]]:
        """Return the clocks that run, by stage."""
        items = self.person("town_acceptor").get(f"{self.path}/clocks").json()["items"]
        return {clock["stage"]: clock for clock in items if clock["stopped_at"] is None}


ACCEPTED = [("town_acceptor", "accept", {})]
FILED = [*ACCEPTED, ("town_acceptor", "file", {"category": "C-0101"})]
DISPATCHED = [*FILED, ("town_dispatcher", "dispatch", {"lead_org": WATER})]
SIGNED = [*DISPATCHED, ("dept_desk", "sign", {"handler_id": "demo-dept_handler"})]
HANDLED = [*SIGNED, ("dept_handler", "submit", {"result": "已更换"}), ("dept_leader", "confirm", None)]


@pytest.fixture(scope="module")
def worker(suite: RunningSuite) -> Any:
    """Return the worker of the third grid, on shift."""
    worker = suite.person("grid_worker_003")
    shift = worker.post("/personnel/v1/shifts", {"grid_code": GRID}).json()["id"]
    yield worker
    worker.post(f"/personnel/v1/shifts/{shift}/end")


def pictures(person: Person, *kinds: str) -> list[str]:
    """Send a picture of each kind; return their ids."""
    sent = [person.send(f"/incidents/v1/attachments{kind and f'?kind={kind}'}", picture(), "image/png") for kind in kinds]
    return [answer.json()["id"] for answer in sent]


@pytest.mark.usefixtures("worker")
def test_a_report_goes_the_long_way_and_every_wrong_role_is_told_so(suite: RunningSuite, eventually: Wait) -> None:
    case = Case(suite)
    wrong = {"town_acceptor": "town_dispatcher", "dept_desk@990101-power": "dept_leader@990101-power"}

    def step(role: str, action: str, body: dict[str, Any] | None, state: str) -> None:
        status, code = case.ask(wrong.get(role, "town_acceptor"), action, body)
        assert (status, code in {"wrong_role", "not_found"}) == (403 if code == "wrong_role" else 404, True), (action, code)
        assert case.ask(role, action, body) == (200, state)

    step("town_acceptor", "order_verification", {}, "verifying")
    eventually(lambda: case.seen()["checker_id"] is not None)
    step("grid_worker_003", "verified", {"reason": "属实"}, "accepted")
    step("town_acceptor", "file", {"category": "C-0101"}, "filed")
    step("town_dispatcher", "dispatch", {"lead_org": POWER}, "dispatched")
    step("dept_desk@990101-power", "object", {"reason_code": "not_our_duty", "reason": "井盖属供水"}, "objected")
    step("town_dispatcher", "uphold", {"lead_org": WATER}, "dispatched")
    step("dept_desk", "sign", {"handler_id": "demo-dept_handler"}, "in_progress")
    step("dept_handler", "submit", {"result": "已更换"}, "dept_review")
    step("dept_leader", "send_back", {"reason": "照片不清"}, "in_progress")
    step("dept_handler", "submit", {"result": "已更换,重拍"}, "dept_review")
    step("dept_leader", "confirm", None, "handled")
    step("town_acceptor", "order_check", None, "checking")
    step("grid_worker_003", "check_failed", {"reason": "仍松动"}, "rework")
    step("town_dispatcher", "redispatch", {}, "in_progress")
    step("dept_handler", "submit", {"result": "已加固"}, "dept_review")
    step("dept_leader", "confirm", None, "handled")
    step("town_acceptor", "order_check", None, "checking")
    step("grid_worker_003", "checked", {}, "checked")
    step("town_acceptor", "close", {"close_condition_met": True}, "closed")
    step("hotline_desk", "reopen", {"reason": "又松动了"}, "in_progress")
    step("dept_handler", "submit", {"result": "已重做井圈"}, "dept_review")
    step("dept_leader", "confirm", None, "handled")
    step("town_acceptor", "order_check", None, "checking")
    step("grid_worker_003", "checked", {}, "checked")
    step("town_acceptor", "close", {}, "closed")
    assert case.ask("hotline_desk", "reopen", {"reason": "还是不行"}) == (409, "reopened_before")
    assert case.clocks().keys() == {"feedback", "archive"}


def test_the_time_line_tells_it_all_in_both_languages(suite: RunningSuite) -> None:
    case = Case(suite)
    case.take(*DISPATCHED, ("dept_desk", "object", {"reason_code": "not_our_area", "reason": "界外"}))

    english = case.person("town_acceptor").get(f"{case.path}/timeline").json()["lines"]
    chinese = case.person("town_acceptor").get(f"{case.path}/timeline", Accept_Language="zh").json()["lines"]

    assert [line["at"] for line in english] == sorted(line["at"] for line in english)
    assert {line["kind"] for line in english} == {"step", "clock", "objection"}
    assert "dispatch: filed → dispatched" in {line["text"] for line in english}
    assert "派遣:已立案 → 已派遣" in {line["text"] for line in chinese}
    assert all(line["explanation"] for line in english if line["kind"] == "clock")


def test_the_handling_clock_runs_on_while_it_is_disputed_whose_it_is(suite: RunningSuite) -> None:
    case = Case(suite)
    case.take(*DISPATCHED)
    before = case.clocks()["handle"]["due_at"]
    objection = {"reason_code": "not_our_duty", "reason": "非我职责"}

    case.take(
        ("dept_desk", "object", objection), ("town_dispatcher", "deny_objection", {"reason": "属你单位"}),
        ("dept_desk", "object", objection),
    )  # fmt: skip
    disputed = case.seen()["state"]
    dispatcher = case.ask("town_dispatcher", "deny_objection", {})
    case.take(("county_duty", "county_decide", {"lead_org": WATER}))

    assert (disputed, dispatcher) == ("disputed", (409, "illegal_move"))
    assert case.ask("dept_desk", "object", objection) == (409, "fixed_here")
    assert case.clocks()["handle"]["due_at"] == before
    assert case.take(("dept_desk", "sign", {"handler_id": "demo-dept_handler"})) == "in_progress"
    assert case.ask("dept_desk", "object", objection) == (409, "illegal_move")


def test_an_objection_that_is_right_sends_it_elsewhere(suite: RunningSuite) -> None:
    case = Case(suite)
    case.take(*DISPATCHED, ("dept_desk", "object", {"reason_code": "not_our_duty", "reason": "非我职责"}))

    assert case.ask("town_dispatcher", "uphold", {"lead_org": WATER}) == (422, "same_organisation")
    assert case.ask("town_dispatcher", "uphold", {"lead_org": POWER}) == (200, "dispatched")
    assert case.ask("dept_desk", "sign", {"handler_id": "x"}) == (404, "not_found")


def test_a_complaint_never_goes_to_the_house_it_is_about_nor_is_seen_there(suite: RunningSuite) -> None:
    case = Case(suite, request_type="complaint")
    case.take(("town_acceptor", "accept", {"complained_org": WATER}), ("town_acceptor", "file", {"category": "C-0101"}))

    assert case.ask("town_dispatcher", "dispatch", {"lead_org": WATER}) == (403, "conflict_of_interest")
    assert case.ask("town_dispatcher", "dispatch", {"lead_org": POWER}) == (200, "dispatched")
    assert case.person("dept_leader").get(case.path).status_code == 404


@pytest.mark.parametrize("path", ["incidents", "reports"])
def test_who_reports_says_whom_they_complain_about_and_that_house_never_sees_it(suite: RunningSuite, path: str) -> None:
    acceptor, leader, key = suite.person("town_acceptor"), suite.person("dept_leader"), {"Idempotency_Key": str(uuid.uuid4())}
    report = {"title": "水务局窗口不受理", "area_code": GRID[:12], "request_type": "complaint", "complained_org": WATER}

    unknown = acceptor.post(f"/incidents/v1/{path}", {**report, "complained_org": "990101-wat"}, **key)
    key["Idempotency_Key"] = str(uuid.uuid4())
    number = acceptor.post(f"/incidents/v1/{path}", report, **key).json()["incident_no"]
    [there] = [line for line in acceptor.get(f"{INCIDENTS}?limit=50").json()["items"] if line["incident_no"] == number]
    at = f"{INCIDENTS}/{there['id']}"
    acceptor.post(f"{at}/accept", {})
    acceptor.post(f"{at}/file", {"category": "C-0101", "grid_code": GRID})
    to_them = suite.person("town_dispatcher").post(f"{at}/dispatch", {"lead_org": WATER}).json()

    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_organisation")
    assert acceptor.get(at).json()["complained_org"] == WATER
    assert to_them["code"] == "conflict_of_interest"
    assert leader.get(at).status_code == 404
    assert number not in leader.get(f"{INCIDENTS}?limit=50").text


def test_a_complaint_is_not_merged_into_what_its_house_may_handle(suite: RunningSuite) -> None:
    complaint, other = Case(suite, request_type="complaint", complained_org=WATER), Case(suite)

    assert complaint.ask("town_acceptor", "merge", {"parent_id": other.id}) == (409, "another_complaint")


def test_a_standard_of_the_catalogue_says_how_long_and_with_which_picture(suite: RunningSuite) -> None:
    case, admin = Case(suite), suite.person("county_admin")
    [category] = admin.get("/incidents/v1/categories?code=C-0101").json()["items"]
    standard = next(item for item in category["standards"] if item["handle_unit"] == "work_hour")
    filed = {"category": "C-0101", "standard_id": standard["id"]}
    case.take(*ACCEPTED)

    unknown = case.ask("town_acceptor", "file", {**filed, "category": "C-0137"})
    case.take(("town_acceptor", "file", filed), *DISPATCHED[-1:], *SIGNED[-1:])
    handler = suite.person("dept_handler")
    bare = case.ask("dept_handler", "submit", {"result": "已更换"})
    before = case.ask("dept_handler", "submit", {"result": "已更换", "attachment_ids": pictures(handler, "before")})
    after = case.ask("dept_handler", "submit", {"result": "已更换", "attachment_ids": pictures(handler, "after")})

    assert unknown == (422, "unknown_standard")
    assert (case.clocks()["handle"]["amount"], case.clocks()["handle"]["unit"]) == (standard["handle_amount"], "work_hour")
    assert [bare, before] == [(422, "photo_of_missing")] * 2
    assert after == (200, "dept_review")


@pytest.mark.usefixtures("worker")
def test_a_county_asks_who_looked_for_a_picture(suite: RunningSuite, eventually: Wait) -> None:
    case, admin, worker = Case(suite), suite.person("county_admin"), suite.person("grid_worker_003")
    rule = {"key": "incidents.looked_photos_min", "area_code": "990101", "source_ref": "示例"}
    case.take(*HANDLED, ("town_acceptor", "order_check", None))
    eventually(lambda: case.seen()["checker_id"] is not None)
    assert admin.post("/incidents/v1/rules", {**rule, "value": "1"}).status_code == 201

    said = [
        case.ask("grid_worker_003", "checked", {"attachment_ids": pictures(worker, *kinds)})
        for kinds in ([], ["before"], ["after"])
    ]
    admin.post("/incidents/v1/rules", {**rule, "value": "0"})

    assert said == [(422, "photos_missing"), (422, "photo_of_missing"), (200, "checked")]


def a_category(suite: RunningSuite, code: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Add a category to the county's catalogue, with lines of the matter list; return it."""
    admin, path = suite.person("county_admin"), "/incidents/v1/categories"
    made = admin.post(path, {"county_code": "990101", "code": code, "name": f"事项 {code}", "source_ref": "示例", **more})
    content: dict[str, Any] = made.json()
    for line in lines:
        listed = {"community_may_refuse": True, "source_ref": "示例", **line}
        assert admin.post(f"{path}/{content['id']}/publish_matter", listed).status_code == 200
    return content


def test_nothing_is_filed_under_what_the_catalogue_has_not_in_use(suite: RunningSuite) -> None:
    case, admin = Case(suite), suite.person("county_admin")
    idle = a_category(suite, "S-1998")
    admin.patch(f"/incidents/v1/categories/{idle['id']}", {"enabled": False}, If_Match='"1"')
    case.take(*ACCEPTED)

    assert case.ask("town_acceptor", "file", {"category": "S-1997"}) == (422, "unknown_category")
    assert case.ask("town_acceptor", "file", {"category": "S-1998"}) == (422, "unknown_category")


def test_nobody_is_given_what_the_matter_list_does_not_give_them(suite: RunningSuite, eventually: Wait) -> None:
    case, community = Case(suite), {"org": "990101-c3", "area_code": GRID[:12], "name": "社区居委会", "kind": "committee"}
    a_category(suite, "S-1996", {"level": "county", "lead_org_type": "county_department"})
    a_category(suite, "S-1995", {"level": "village", "lead_org_type": "village_committee", "community_may_refuse": False})
    suite.person("county_admin").post("/personnel/v1/organisations", community)
    case.take(*ACCEPTED, ("town_acceptor", "file", {"category": "S-1996"}))
    eventually(lambda: case.ask("town_dispatcher", "dispatch", {"lead_org": "990101-c3"})[1] != "unknown_organisation")

    pushed_down = case.ask("town_dispatcher", "dispatch", {"lead_org": "990101-c3"})
    taken = case.ask("town_dispatcher", "dispatch", {"lead_org": WATER})
    listed = Case(suite)
    listed.take(*ACCEPTED, ("town_acceptor", "file", {"category": "S-1995"}))
    listed.take(("town_dispatcher", "dispatch", {"lead_org": "990101-c3"}))
    refused = listed.ask("dept_desk@990101-c3", "object", {"reason_code": "not_our_duty", "reason": "无力处置"})

    assert (pushed_down, taken) == ((409, "not_on_matter_list"), (200, "dispatched"))
    assert refused == (409, "may_not_refuse")
    assert listed.seen("dept_desk@990101-c3")["actions"] == ["sign"], "nobody is offered what would be refused"


def test_where_a_call_back_is_check_enough_nobody_is_sent(suite: RunningSuite) -> None:
    case = Case(suite)
    a_category(suite, "S-1994", is_callback_only=True)

    case.take(*ACCEPTED, ("town_acceptor", "file", {"category": "S-1994"}), *HANDLED[2:])
    waived = case.ask("town_acceptor", "waive_check", {})

    assert waived == (409, "check_needed")
    assert case.take(("town_acceptor", "order_check", None)) == "checked"
    assert case.take(("town_acceptor", "close", {})) == "closed"


def a_county(suite: RunningSuite, county: str) -> Callable[..., httpx2.Response]:
    """Return how one asks in a county of one's own, which has a grid, a water bureau and a category."""
    admin, place = suite.somebody("county_admin", county), f"{county}001001"
    west = int(county) / 1000 - 900
    ring = [[west, 11.0], [west + 0.01, 11.0], [west + 0.01, 11.01], [west, 11.01], [west, 11.0]]
    for path, content in {
        "personnel/v1/areas": {"area_code": place, "level": "community", "name": "示例社区"},
        "personnel/v1/organisations": {"org": f"{county}-water", "area_code": place, "name": "水务局", "kind": "department"},
        "personnel/v1/grids": {"grid_code": f"{place}001", "name": "一", "households": 1, "filed_at": "2026-01-01T00:00:00Z"}
        | {"boundary": {"type": "Polygon", "coordinates": [ring]}},
        "incidents/v1/categories": {"county_code": county, "code": "C-0101", "name": "井盖", "source_ref": "示例"},
    }.items():
        assert admin.post(f"/{path}", content).status_code == 201

    def ask(
        role: str, path: str, content: dict[str, Any] | None = None, *, area: str = "001", **headers: str
    ) -> httpx2.Response:
        return suite.somebody(role, county + area, subject=f"{role}-{county}").post(path, content, **headers)

    return ask


def test_a_county_chooses_what_other_places_do_and_nothing_that_runs_is_changed(suite: RunningSuite, eventually: Wait) -> None:
    county, at = "990641", list[str]()
    ask = a_county(suite, county)

    def limit(role: str = "town_acceptor", area: str = "001", **filing: Any) -> tuple[int, str]:
        """Report, file and dispatch something; return how long handling it may take."""
        urgency = {"urgency": filing.pop("urgency", "normal")}
        made = ask("town_acceptor", INCIDENTS, {"title": "井盖缺失", "area_code": f"{county}001001", **urgency}).json()
        at.append(f"{INCIDENTS}/{made['id']}")
        ask("town_acceptor", f"{at[-1]}/accept", {})
        grid = {"category": "C-0101", "grid_code": f"{county}001001001"}

        eventually(lambda: ask(role, f"{at[-1]}/file", {**grid, **filing}, area=area).json().get("code") != "unknown_grid")
        eventually(lambda: ask("town_dispatcher", f"{at[-1]}/dispatch", {"lead_org": f"{county}-water"}).status_code != 422)
        clocks = suite.somebody("town_acceptor", county).get(f"{at[-1]}/clocks").json()["items"]
        return next(((clock["amount"], clock["unit"]) for clock in clocks if clock["stage"] == "handle"), (0, "not filed"))

    def choose(name: str) -> httpx2.Response:
        return ask("county_admin", "/incidents/v1/rules/choose", {"name": name, "area_code": county}, area="")

    before = limit(urgency="emergency"), limit()
    assert choose("beijing").status_code == 200
    beijing = limit(urgency="emergency"), limit(urgency="urgent"), limit(), limit(grade="complex")
    assert choose("fengxian").status_code == 200
    fengxian = limit(urgency="emergency"), limit(urgency="urgent"), limit(), limit(grade="complex")
    by_county = limit(area="", grade="complex")
    running = suite.somebody("town_acceptor", county).get(f"{at[1]}/clocks").json()["items"]

    assert before == ((5, "work_day_legal"),) * 2
    assert beijing == ((2, "urgent_hour"), (24, "urgent_hour"), (7, "natural_day_legal"), (15, "natural_day_legal"))
    assert fengxian == ((1, "same_day"), (3, "natural_day_legal"), (7, "natural_day_legal"), (0, "not filed"))
    assert by_county == (15, "natural_day_legal")
    assert [(clock["amount"], clock["unit"]) for clock in running if clock["stage"] == "handle"] == [(5, "work_day_legal")]


def test_a_township_takes_its_hours_when_the_county_chooses_so(suite: RunningSuite) -> None:
    admin, acceptor = suite.somebody("county_admin", "990642"), suite.somebody("town_acceptor", "990642")

    def limit(name: str | None) -> tuple[int, str]:
        if name:
            chosen = admin.post("/incidents/v1/rules/choose", {"name": name, "area_code": "990642"})
            assert chosen.status_code == 200, chosen.text
        made = acceptor.post(INCIDENTS, {"title": "井盖缺失", "area_code": "990642001001"}).json()
        [clock] = acceptor.get(f"{INCIDENTS}/{made['id']}/clocks").json()["items"]
        return clock["amount"], clock["unit"]

    limits = [limit(name) for name in (None, "township", "urban")]

    assert limits == [(15, "urgent_minute"), (4, "work_hour"), (15, "urgent_minute")]
    shown = admin.get("/incidents/v1/rule_sets").json()["items"]
    assert [one["name"] for one in shown] == ["urban", "township", "jinan", "beijing", "fengxian"]
    township = {rule["key"]: (rule["value"], rule["unit"]) for rule in shown[1]["rules"]}
    assert township["incidents.accept"] == ("4", "work_hour")
    unknown = admin.post("/incidents/v1/rules/choose", {"name": "rural", "area_code": "990642"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "no_such_rule_set")


def test_the_catalogue_suggests_an_organisation_and_a_person_confirms_it(suite: RunningSuite) -> None:
    case = Case(suite)
    case.take(*FILED)

    suggested = case.person("town_dispatcher").get(f"{case.path}/suggestion")

    assert suggested.status_code == 200
    assert suggested.json().keys() == {"lead_org", "supervising_org"}
    assert case.seen()["state"] == "filed"


def test_what_could_not_be_dispatched_is_not_suggested(suite: RunningSuite, eventually: Wait) -> None:
    county = counties.a_county()
    ask, admin, org = a_county(suite, county), suite.somebody("county_admin", county), f"{county}-water"
    category = admin.get("/incidents/v1/categories").json()["items"][0]["id"]
    answers = {"area_prefix": county, "supervising_org": org, "responsible_org": org}
    add = f"/incidents/v1/categories/{category}/add_responsibility"
    eventually(lambda: admin.post(add, answers).status_code == 200)
    report = {"title": "井盖缺失", "area_code": f"{county}001001", "category": "C-0101"}
    case = ask("town_acceptor", INCIDENTS, report).json()["id"]
    dispatcher = suite.somebody("town_dispatcher", county)

    def suggested() -> Any:
        return dispatcher.get(f"{INCIDENTS}/{case}/suggestion").json()["lead_org"]

    before, (made,) = suggested(), admin.get("/personnel/v1/organisations").json()["items"]
    admin.post(f"/personnel/v1/organisations/{made['id']}/retire")
    eventually(lambda: suggested() is None)
    refused = admin.post(add, answers).json()

    assert (before, refused["code"]) == (org, "unknown_organisation")
    assert "retired" in refused["detail"]


def test_who_files_does_not_dispatch(suite: RunningSuite) -> None:
    case = Case(suite)
    both = Person(suite.client, suite.issuer.token("one-person", ["town_acceptor", "town_dispatcher"], ["990101001"]))
    case.take(*ACCEPTED)
    both.post(f"{case.path}/file", {"category": "C-0101"})

    answer = both.post(f"{case.path}/dispatch", {"lead_org": WATER})

    assert (answer.status_code, answer.json()["code"]) == (403, "filed_by_you")


def test_only_who_was_named_handles_it(suite: RunningSuite) -> None:
    case = Case(suite)
    case.take(*DISPATCHED, ("dept_desk", "sign", {"handler_id": "somebody-else"}))

    assert case.ask("dept_handler", "submit", {"result": "已更换"}) == (403, "another_handler")


def test_more_time_is_granted_twice_by_two_people_and_a_denial_stays_on_record(suite: RunningSuite) -> None:
    case = Case(suite)
    case.take(*SIGNED)
    first = case.clocks()["handle"]["due_at"]
    request = ("dept_handler", "request_extension", {"reason_code": "material", "reason": "等井盖到货"})
    granted = [request, ("dept_leader", "endorse", {}), ("town_dispatcher", "approve", {})]

    assert case.ask("town_dispatcher", "approve", {}) == (409, "nothing_asked")
    case.take(request)
    assert case.ask(*request) == (409, "already_asked")
    assert case.ask("town_dispatcher", "approve", {}) == (409, "not_endorsed")
    case.take(("dept_leader", "endorse", {}), ("town_dispatcher", "deny", {"reason": "理由不足"}))
    assert case.clocks()["handle"]["due_at"] == first
    case.take(*granted, *granted)
    assert case.ask(*request) == (409, "extended_enough")
    assert case.clocks()["handle"]["extended_times"] == 2
    said = [line["text"] for line in case.person("town_acceptor").get(f"{case.path}/timeline").json()["lines"]]
    assert said.count("request (extension, material is awaited): denied") == 1
    assert said.count("request (extension, material is awaited): approved") == 2


def test_where_nothing_is_ever_extended_that_is_what_is_said(suite: RunningSuite) -> None:
    case, admin = Case(suite), suite.person("county_admin")
    rule = {"key": "incidents.extensions_max", "area_code": "990101", "value": "0", "source_ref": "示例"}
    case.take(*SIGNED)

    never = admin.post("/incidents/v1/rules", rule)
    asked = {"reason_code": "material", "reason": "等井盖到货"}
    refused = case.person("dept_handler").post(f"{case.path}/request_extension", asked).json()
    admin.post("/incidents/v1/rules", {**rule, "value": "2"})

    assert (never.status_code, refused["code"]) == (201, "extended_enough")
    assert "extended 0 times" in refused["detail"]


@pytest.mark.parametrize("endorsed", [False, True], ids=["at once", "after the leader's word"])
def test_who_asked_for_time_withdraws_it_before_it_is_decided(suite: RunningSuite, *, endorsed: bool) -> None:
    case = Case(suite)
    request = ("dept_handler", "request_extension", {"reason_code": "material", "reason": "等井盖到货"})
    case.take(*SIGNED, request, *([("dept_leader", "endorse", {})] if endorsed else []))
    due_at = case.clocks()["handle"]["due_at"]

    withdrawn = case.ask("dept_handler", "withdraw_request", {"reason": "井盖已到货"})
    again = case.ask("dept_handler", "withdraw_request", {})

    assert (withdrawn, again) == ((200, "in_progress"), (409, "nothing_asked"))
    assert (case.seen()["asked_for"], case.clocks()["handle"]["due_at"]) == (None, due_at)
    lines = [line["text"] for line in case.person("town_acceptor").get(f"{case.path}/timeline").json()["lines"]]
    assert "request (extension, material is awaited): withdrawn" in lines
    assert case.take(request) == "in_progress"


@pytest.mark.parametrize("times", [1, 2], ids=["from the dispatcher", "from the county"])
def test_a_department_withdraws_its_objection_and_the_clock_has_run_on(suite: RunningSuite, times: int) -> None:
    case, objection = Case(suite), ("dept_desk", "object", {"reason_code": "not_our_duty", "reason": "非我职责"})
    case.take(*DISPATCHED)
    due_at = case.clocks()["handle"]["due_at"]
    case.take(*[objection, ("town_dispatcher", "deny_objection", {})][: 2 * (times - 1)], objection)

    stranger = case.ask("dept_desk@990101-power", "withdraw_objection", {})
    withdrawn = case.ask("dept_desk", "withdraw_objection", {"reason": "核对后属我职责"})

    assert (stranger, withdrawn) == ((404, "not_found"), (200, "dispatched"))
    assert case.clocks()["handle"]["due_at"] == due_at
    assert case.take(objection) == "disputed", "a further one is for the county"


def test_all_suspensions_together_take_no_longer_than_one_may(suite: RunningSuite) -> None:
    case, asked = Case(suite), {"reason_code": "engineering", "reason": "雨季后施工"}
    twice = {"key": "incidents.suspensions_max", "area_code": "990101", "value": "2", "source_ref": "示例"}
    assert suite.person("county_admin").post("/incidents/v1/rules", twice).status_code == 201
    granted = [("dept_leader", "endorse", {}), ("town_dispatcher", "approve", {}), ("town_dispatcher", "resume", {})]
    case.take(*SIGNED, ("dept_handler", "request_suspension", {**asked, "days": 300}), *granted)

    longer = case.ask("dept_handler", "request_suspension", {**asked, "days": 66})
    as_long = case.ask("dept_handler", "request_suspension", {**asked, "days": 65})
    suite.person("county_admin").post("/incidents/v1/rules", {**twice, "value": "1"})

    assert (longer, as_long) == ((422, "suspended_too_long"), (200, "in_progress"))


def test_more_time_is_asked_for_while_there_is_some_left(suite: RunningSuite) -> None:
    case = Case(suite)
    case.take(*SIGNED, As_Of="2026-03-09T10:00:00+08:00")

    assert case.ask("dept_handler", "request_extension", {"reason_code": "weather", "reason": "雨"}) == (409, "asked_too_late")


def test_nobody_gives_two_approvals_in_a_row(suite: RunningSuite) -> None:
    case = Case(suite)
    case.take(*SIGNED)
    roles = ["dept_handler", "dept_leader", "town_dispatcher"]
    one = Person(suite.client, suite.issuer.token("demo-dept_handler", roles, ["990101"], org=WATER))
    two = Person(suite.client, suite.issuer.token("two-hats", roles, ["990101"], org=WATER))

    one.post(f"{case.path}/request_extension", {"reason_code": "weather", "reason": "雨"})
    own = one.post(f"{case.path}/endorse", {})
    two.post(f"{case.path}/endorse", {})
    again = two.post(f"{case.path}/approve", {})

    assert (own.status_code, own.json()["code"]) == (403, "concerns_you")
    assert (again.status_code, again.json()["code"]) == (403, "approved_by_you")


def test_what_rests_goes_on_by_itself_when_its_day_has_come(suite: RunningSuite, eventually: Wait) -> None:
    case = Case(suite)
    case.take(*SIGNED, As_Of="2026-03-09T10:00:00+08:00")
    asked = ("dept_handler", "request_suspension", {"reason_code": "engineering", "reason": "雨季后施工", "days": 30})
    grant = ("town_dispatcher", "approve", {})

    case.take(asked, ("dept_leader", "endorse", {}), grant, As_Of="2026-03-10T10:00:00+08:00")
    eventually(lambda: case.seen()["state"] == "in_progress")

    history = case.person("town_acceptor").get(f"{case.path}/history").json()["steps"]
    assert [(step["action"], step["actor_role"]) for step in history][-2:] == [
        ("approve", "town_dispatcher"),
        ("resume", "auto"),
    ]
    assert case.clocks()["handle"]["paused_at"] is None
    assert case.ask(*asked) == (409, "suspended_enough")


def test_what_rests_is_not_worked_on_and_can_go_on_earlier(suite: RunningSuite) -> None:
    case = Case(suite)
    asked = {"reason_code": "engineering", "reason": "雨季后施工"}
    case.take(*SIGNED)

    assert case.ask("dept_handler", "request_suspension", {**asked, "days": 366}) == (422, "suspended_too_long")
    case.take(
        ("dept_handler", "request_suspension", {**asked, "days": 90}),
        ("dept_leader", "endorse", {}), ("town_dispatcher", "approve", {}),
    )  # fmt: skip
    assert case.clocks().keys() == {"handle", "suspension"}
    assert case.clocks()["handle"]["paused_at"] is not None
    assert case.ask("dept_handler", "submit", {"result": "已更换"}) == (409, "illegal_move")
    assert case.take(("town_dispatcher", "resume", {})) == "in_progress"
    assert case.clocks().keys() == {"handle"}


def test_a_request_that_nobody_answers_lapses_when_it_is_done(suite: RunningSuite) -> None:
    case = Case(suite)
    case.take(*SIGNED, ("dept_handler", "request_extension", {"reason_code": "weather", "reason": "雨"}))

    case.take(("dept_handler", "submit", {"result": "已更换"}))

    said = [line["text"] for line in case.person("town_acceptor").get(f"{case.path}/timeline").json()["lines"]]
    assert "request (extension, the weather): lapsed" in said
    assert case.seen()["asked_for"] is None


@pytest.fixture
def sampled_at(suite: RunningSuite, eventually: Wait) -> Any:
    """Return what lets so many percent of what is put right on the spot be looked at, and makes a case of it."""

    def put_right(percent: int) -> Case:
        rule = {
            "key": "incidents.self_resolved_sampled",
            "area_code": "990101",
            "value": str(percent),
            "source_ref": "本县规定",
        }
        assert suite.person("county_admin").post("/incidents/v1/rules", rule).status_code in {200, 201}
        worker, found = suite.person("grid_worker_003"), []

        def follows_the_rule() -> bool:
            case = Case(suite, source="grid_patrol")
            body = {"category": "C-0101", "result": "已扶正", "attachment_ids": pictures(worker, "before", "after")}
            found[:] = [case]
            return case.ask("grid_worker_003", "resolve_on_spot", body)[1] == ("sampled" if percent else "self_resolved")

        eventually(follows_the_rule)
        case: Case = found[0]
        return case

    return put_right


def test_a_worker_puts_it_right_on_the_spot_with_pictures_of_before_and_after(suite: RunningSuite, worker: Person) -> None:
    case, done = Case(suite, source="grid_patrol"), {"category": "C-0101", "result": "已扶正"}

    said = [
        case.ask("grid_worker_003", "resolve_on_spot", {**done, "attachment_ids": pictures(worker, *kinds)})
        for kinds in (["after"], ["after", ""], ["near", "before"], ["before", "after"])
    ]

    assert [code for _, code in said][:3] == ["photos_missing", "photo_of_missing", "photo_of_missing"]
    assert said[3][0] == 200
    assert [line["kind"] for line in case.seen()["attachments"]] == ["before", "after"]
    lines = [line["text"] for line in case.person("town_acceptor").get(f"{case.path}/timeline").json()["lines"]]
    assert "A picture was added: after" in lines


def test_a_leader_looks_at_some_of_what_was_put_right(sampled_at: Callable[[int], Case]) -> None:
    first, second = sampled_at(100), sampled_at(100)

    assert first.clocks().keys() == {"sample"}
    assert first.ask("grid_leader", "sample_failed", {"reason": "未到位"}) == (200, "reported")
    assert second.ask("grid_leader", "sample_passed", {}) == (200, "closed")
    assert second.ask("hotline_desk", "reopen", {"reason": "又倒了"}) == (200, "filed")


def test_what_nobody_has_to_look_at_waits_for_its_clock(sampled_at: Callable[[int], Case]) -> None:
    case = sampled_at(0)

    assert case.clocks().keys() == {"settle"}
    assert case.ask("grid_leader", "sample_passed", {}) == (409, "illegal_move")


def test_what_was_put_right_and_not_sampled_closes_by_itself_and_is_archived(
    suite: RunningSuite, worker: Person, eventually: Wait
) -> None:
    case = Case(suite, source="grid_patrol")
    past = "2026-03-09T10:00:00+08:00"
    body = {"category": "C-0101", "result": "已扶正", "attachment_ids": pictures(worker, "before", "after")}
    case.take(("grid_worker_003", "resolve_on_spot", body), As_Of=past)

    if case.seen()["state"] == "sampled":
        case.take(("grid_leader", "sample_passed", {}))
    eventually(lambda: case.seen()["state"] == "closed")

    assert case.seen()["terminal_at"] is not None


@pytest.mark.parametrize(
    ("action", "body", "state"),
    [
        ("reject", {"reason_code": "not_ours"}, "rejected"),
        ("redirect", {"reason_code": "lawful_channel", "sent_to": "court"}, "redirected"),
    ],
)
def test_what_ended_is_archived_after_thirty_days(
    suite: RunningSuite, eventually: Wait, action: str, body: dict[str, Any], state: str
) -> None:
    case = Case(suite)
    case.take(("town_acceptor", action, body), As_Of="2026-03-09T10:00:00+08:00")

    eventually(lambda: case.seen()["state"] == "archived")

    history = case.person("town_acceptor").get(f"{case.path}/history").json()["steps"]
    assert state in {step["to_state"] for step in history}
    assert case.clocks() == {}
    assert case.seen()["terminal_at"].startswith("2026-03-09")


def test_a_rejection_is_looked_at_again_once(suite: RunningSuite) -> None:
    case = Case(suite)
    reject = ("town_acceptor", "reject", {"reason_code": "not_ours"})
    case.take(reject, ("hotline_desk", "contest", {"reason": "就在贵街道"}), ("town_leader", "objection_upheld", {}), reject)

    assert case.ask("hotline_desk", "contest", {"reason": "就在贵街道"}) == (409, "contested_before")


def test_a_rejection_can_be_objected_to_for_five_days(suite: RunningSuite, eventually: Wait) -> None:
    case = Case(suite)
    case.take(("town_acceptor", "reject", {"reason_code": "not_ours"}), As_Of=_days_ago(12))

    eventually(lambda: "contest" not in case.clocks())

    assert case.ask("hotline_desk", "contest", {"reason": "迟到的异议"}) == (409, "too_late_to_object")


def test_what_is_closed_can_be_reopened_for_three_days(suite: RunningSuite, eventually: Wait) -> None:
    case = Case(suite, request_type="consult")
    case.take(*ACCEPTED, ("town_acceptor", "answer", {"answer": "周一至周五办理"}), As_Of=_days_ago(10))

    eventually(lambda: "feedback" not in case.clocks())

    assert case.ask("hotline_desk", "reopen", {"reason": "没说清"}) == (409, "too_late_to_object")
    assert case.seen()["state"] == "closed"


def _days_ago(days: int) -> str:
    import datetime as dt  # noqa: PLC0415

    return (dt.datetime.now(dt.UTC) - dt.timedelta(days=days)).isoformat()


def test_a_question_is_closed_by_its_answer_and_nothing_else_is(suite: RunningSuite) -> None:
    question, other = Case(suite, request_type="consult"), Case(suite, request_type="help")
    question.take(*ACCEPTED)
    other.take(*ACCEPTED)

    assert other.ask("town_acceptor", "answer", {"answer": "好"}) == (409, "no_question")
    assert question.ask("town_acceptor", "answer", {"answer": ""}) == (422, "not_valid")
    assert question.ask("town_acceptor", "answer", {"answer": "周一至周五办理"}) == (200, "closed")
    assert question.ask("hotline_desk", "reopen", {"reason": "没说清"}) == (200, "accepted")


def test_the_same_thing_is_merged_into_what_is_worked_on(suite: RunningSuite) -> None:
    first, second, ended = Case(suite), Case(suite), Case(suite)
    ended.take(("town_acceptor", "reject", {"reason_code": "not_ours"}))

    assert second.ask("town_acceptor", "merge", {"parent_id": ended.id}) == (409, "parent_ended")
    assert second.ask("town_acceptor", "merge", {"parent_id": second.id}) == (422, "merged_into_itself")
    assert second.ask("town_acceptor", "merge", {"parent_id": first.id}) == (200, "merged")
    assert second.seen()["parent_id"] == first.id


def test_two_people_void_it_and_one_may_refuse(suite: RunningSuite) -> None:
    case = Case(suite)
    ask = ("town_acceptor", "ask_void", {"reason_code": "test"})
    assert case.ask("town_leader", "void", {}) == (409, "nothing_asked")
    case.take(*SIGNED, ask, ("town_leader", "refuse_void", {}), ask, ("town_acceptor", "withdraw_void", {}))
    assert case.ask("town_leader", "void", {}) == (409, "nothing_asked")
    case.take(ask)
    alone = Person(suite.client, suite.issuer.token("demo-town_acceptor", ["town_acceptor", "town_leader"], ["990101001"]))

    own = alone.post(f"{case.path}/void", {})

    assert (own.status_code, own.json()["code"]) == (403, "asked_by_you")
    assert case.take(("town_leader", "void", {})) == "voided"
    assert case.clocks().keys() == {"archive"}


def test_what_a_worker_reports_is_not_verified(suite: RunningSuite) -> None:
    case = Case(suite, source="grid_patrol")

    assert case.ask("town_acceptor", "order_verification", {}) == (409, "not_from_the_public")


@pytest.mark.usefixtures("worker")
def test_two_who_cannot_tell_leave_it_to_the_acceptor(suite: RunningSuite, eventually: Wait) -> None:
    case, admin = Case(suite), suite.person("county_admin")
    content = {"name": "戊", "area_code": GRID[:12], "employment": "full_time", "org": "990101001-office"}
    second = admin.post("/personnel/v1/workers", content).json()["id"]
    admin.post(f"/personnel/v1/workers/{second}/assignments", {"grid_code": GRID})
    other = suite.somebody("grid_worker", GRID, subject=second)
    case.take(*HANDLED, ("town_acceptor", "order_check", None))
    eventually(lambda: case.seen()["checker_id"] is not None)
    case.take(("grid_worker_003", "check_unclear", {"reason": "锁着"}))
    again = case.ask("grid_worker_003", "check_unclear", {})

    shift = other.post("/personnel/v1/shifts", {"grid_code": GRID}).json()["id"]
    eventually(lambda: case.seen()["checker_id"] == second)
    state = other.post(f"{case.path}/check_unclear", {"reason": "看不清"}).json()["state"]
    other.post(f"/personnel/v1/shifts/{shift}/end")

    assert (again, state) == ((403, "not_your_check"), "handled")
    assert case.ask("town_acceptor", "waive_check", {"reason": "照片可证"}) == (200, "checked")


@pytest.mark.usefixtures("worker")
def test_the_call_to_a_reporter_who_is_not_content_reopens_it(suite: RunningSuite, eventually: Wait) -> None:
    case = Case(suite)
    case.take(*HANDLED, ("town_acceptor", "order_check", None))
    eventually(lambda: case.seen()["checker_id"] is not None)
    case.take(("grid_worker_003", "checked", {}), ("town_acceptor", "close", {}))

    assert case.ask("hotline_desk", "callback", {"is_reached": False}) == (200, "closed")
    said = {"is_reached": True, "is_resolved": False, "satisfaction": "dissatisfied", "reason": "还在响"}
    assert case.ask("hotline_desk", "callback", said) == (200, "in_progress")
    lines = [line["text"] for line in case.person("town_acceptor").get(f"{case.path}/timeline").json()["lines"]]
    assert "Call 1: not reached" in lines
    assert "Call 2: not resolved, dissatisfied" in lines


def test_what_is_said_after_the_last_word_is_recorded_and_reopens_nothing(suite: RunningSuite) -> None:
    case = Case(suite, request_type="consult")
    answered = ("town_acceptor", "answer", {"answer": "周一至周五办理"})
    case.take(*ACCEPTED, answered, ("hotline_desk", "reopen", {"reason": "没说清"}), answered)
    said = {"is_reached": True, "is_resolved": False, "satisfaction": "dissatisfied"}

    assert case.ask("hotline_desk", "callback", said) == (200, "closed")

    lines = [line["text"] for line in case.person("town_acceptor").get(f"{case.path}/timeline").json()["lines"]]
    assert "Call 1: not resolved, dissatisfied" in lines


def test_who_shall_look_is_sent_to_the_grid_that_the_acceptor_says(suite: RunningSuite) -> None:
    case = Case(suite, location=None, area_code="990101001001")

    nowhere = case.ask("town_acceptor", "order_verification", {})
    somewhere = case.ask("town_acceptor", "order_verification", {"grid_code": GRID})

    assert (nowhere, somewhere) == ((422, "grid_missing"), (200, "verifying"))
    assert case.seen()["grid_code"] == GRID


@pytest.mark.usefixtures("worker")
def test_a_check_that_nobody_orders_is_ordered_by_itself(suite: RunningSuite, eventually: Wait) -> None:
    case = Case(suite)
    case.take(*HANDLED, As_Of="2026-03-09T10:00:00+08:00")

    eventually(lambda: case.seen()["state"] == "checking")

    assert case.seen()["is_overdue"] is None
