"""The edge, as a caller meets it: tokens, permissions, jurisdiction, strict bodies, keys, versions, pages, problems."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import httpx2
import jsonschema_rs
import pytest

from gridwhistle.common.asked import key_of
from gridwhistle.common.principal import ANONYMOUS, Principal, system
from gridwhistle.common.problems import BadHeader
from tests.conftest import Person, RunningSuite

INCIDENTS = "/incidents/v1/incidents"
IN_GRID_1 = {"lon": 120.152, "lat": 30.272}
REPORT: dict[str, Any] = {"title": "井盖缺失", "location": IN_GRID_1}


def key() -> str:
    return f"test-{uuid.uuid4()}"


@pytest.fixture
def acceptor(suite: RunningSuite) -> Person:
    return suite.person("town_acceptor")


@pytest.fixture
def incident(acceptor: Person) -> dict[str, Any]:
    made: dict[str, Any] = acceptor.post(INCIDENTS, REPORT).json()
    return made


# --- who asks ----------------------------------------------------------------------------------------------------------------


def test_without_a_token_nothing_is_said_but_how_to_get_in(suite: RunningSuite) -> None:
    answer = suite.client.get(INCIDENTS)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="gridwhistle"'
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_authenticated"


def test_a_role_without_the_permission_is_refused_with_its_name(suite: RunningSuite) -> None:
    answer = suite.person("resident").get(INCIDENTS)

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert "incidents:read" in answer.json()["detail"]


def test_an_application_may_do_what_its_scopes_name_and_no_more(suite: RunningSuite) -> None:
    bridge = suite.somebody("integrator", "990101", scope="incidents:report")

    assert bridge.post(INCIDENTS, REPORT).status_code == 201
    assert bridge.get(INCIDENTS).status_code == 403


@pytest.mark.parametrize(
    ("areas", "status"),
    [
        pytest.param(("990101",), 200, id="its county"),
        pytest.param(("990101001",), 200, id="its township"),
        pytest.param(("990101001001",), 200, id="its community"),
        pytest.param(("990101001001001",), 200, id="its grid"),
        pytest.param(("990101001001002",), 404, id="the grid beside it"),
        pytest.param(("990101001002",), 404, id="another community"),
        pytest.param(("990101002",), 404, id="another township"),
        pytest.param(("990102",), 404, id="another county"),
        pytest.param((), 404, id="nowhere"),
        pytest.param(("990102", "990101001001"), 200, id="one of two"),
    ],
)
def test_what_lies_outside_the_jurisdiction_is_not_there(
    suite: RunningSuite, incident: dict[str, Any], areas: tuple[str, ...], status: int
) -> None:
    clerk = suite.somebody("town_acceptor", *areas)
    path = f"{INCIDENTS}/{incident['id']}"

    assert clerk.get(path).status_code == status
    assert clerk.get(f"{path}/history").status_code == status
    assert (incident["id"] in {item["id"] for item in clerk.get(INCIDENTS).json()["items"]}) == (status == 200)
    assert clerk.post(f"{path}/sign", {"handler_id": "x"}).status_code == (409 if status == 200 else 404)


def test_nobody_reports_into_another_jurisdiction(suite: RunningSuite) -> None:
    worker = suite.somebody("grid_worker", "990101001001002")

    answer = worker.post(INCIDENTS, REPORT)

    assert (answer.status_code, answer.json()["code"]) == (403, "outside_your_area")


# --- what is sent ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        pytest.param(b'{"title": "a", "title": "b"}', {}, 400, "malformed_json", id="a key twice"),
        pytest.param(b'{"title": ', {}, 400, "malformed_json", id="cut short"),
        pytest.param(b'{"title": "a"}', {"Content-Type": "text/plain"}, 415, "not_json", id="not JSON by its type"),
        pytest.param(b'{"title": "a", "x": 1}', {}, 422, "not_valid", id="an unknown field"),
        pytest.param(b"[]", {}, 422, "not_valid", id="a list"),
        pytest.param(b"", {}, 422, "not_valid", id="nothing"),
        pytest.param(b'{"title": "a", "area_code": "990101001001"}', {"Idempotency-Key": "a b"}, 400, "bad_header", id="key"),
        pytest.param(b" " * 300_000, {}, 413, "body_too_large", id="too much"),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused_with_its_reason(
    suite: RunningSuite, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    token = suite.tokens["town_acceptor"]
    sent = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}

    answer = suite.client.post(INCIDENTS, content=body, headers=sent)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_body_without_a_length_is_counted_as_it_comes(suite: RunningSuite) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(400):
            yield b" " * 1_000

    sent = {"Authorization": f"Bearer {suite.tokens['town_acceptor']}", "Content-Type": "application/json"}
    answer = suite.client.post(INCIDENTS, content=endless(), headers=sent)

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?colour=red", 400, "unknown_parameter"),
        ("?limit=1&limit=2", 400, "unknown_parameter"),
        ("?state=%00", 400, "unknown_parameter"),
        ("?limit=0", 422, "not_valid"),
        ("?limit=201", 422, "not_valid"),
        ("?limit=x", 422, "not_valid"),
        ("?state=lost", 422, "not_valid"),
        ("?cursor=rubbish", 400, "bad_cursor"),
    ],
)
def test_a_query_is_known_and_bounded(acceptor: Person, query: str, status: int, code: str) -> None:
    answer = acceptor.get(INCIDENTS + query)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_operation_without_parameters_takes_none(acceptor: Person, incident: dict[str, Any]) -> None:
    assert acceptor.get(f"{INCIDENTS}/{incident['id']}?x=1").status_code == 400
    assert acceptor.get(f"{INCIDENTS}/not-an-id").status_code == 404


def test_a_refusal_never_repeats_what_was_sent(acceptor: Person) -> None:
    phone = "13800138000 某某"
    body = {"title": phone * 10, "urgency": phone, "location": {"lon": phone, "lat": 1000}, "found_at": phone}

    answer = acceptor.post(INCIDENTS, body)

    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "#/title",
        "#/urgency",
        "#/location/lon",
        "#/location/lat",
        "#/found_at",
    }
    assert "13800138000" not in answer.text


def test_the_name_of_an_unknown_field_is_not_repeated_either(acceptor: Person) -> None:
    answer = acceptor.post(INCIDENTS, {**REPORT, "13812345678 张三": 1})

    assert answer.json()["errors"][0]["code"] == "extra_forbidden"
    assert "13812345678" not in answer.text


def test_what_is_made_says_where_it_can_be_read_if_it_can(suite: RunningSuite, acceptor: Person) -> None:
    made = acceptor.post(INCIDENTS, REPORT)
    lost = {"subject_id": "nobody-at-all", "reason_code": "device_lost"}
    unreadable = suite.somebody("security_admin", "990109").post("/personnel/v1/revocations", lost)

    assert acceptor.get(made.headers["location"]).json()["id"] == made.json()["id"]
    assert (unreadable.status_code, "location" in unreadable.headers) == (201, False)


def test_a_problem_comes_in_the_language_asked_for(suite: RunningSuite, incident: dict[str, Any]) -> None:
    path = f"{INCIDENTS}/{incident['id']}/close"
    in_chinese = suite.person("town_acceptor").post(path, {}, Accept_Language="zh-CN")
    in_english = suite.person("town_acceptor").post(path, {}, Accept_Language="en")

    assert in_chinese.json()["detail"] == (
        "事件现为“已上报”,不能“结案”;"
        "现在可以:自处置、分流、不予受理、并案、安排核实、受理、申请作废、作废、不同意作废、撤回作废申请、转调解。"
    )
    assert in_english.json()["detail"] == (
        "The incident is reported, so close is not possible; "
        "possible now: resolve_on_spot, redirect, reject, merge, order_verification, accept, ask_void, void, refuse_void, "
        "withdraw_void, refer_dispute."
    )
    assert "accept" in in_english.json()["allowed"]
    assert (in_chinese.headers["content-language"], in_english.headers["content-language"]) == ("zh-CN", "en")


def test_a_request_keeps_its_id(acceptor: Person) -> None:
    own = str(uuid.uuid4())
    named = acceptor.get(f"{INCIDENTS}/{uuid.uuid4()}", X_Request_Id=own)
    unnamed = acceptor.get(f"{INCIDENTS}/{uuid.uuid4()}", X_Request_Id="Zhang-San-13812345678")

    assert named.headers["x-request-id"] == named.json()["request_id"] == own
    assert uuid.UUID(unnamed.json()["request_id"])


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/book", "/incidents/v1/nothing", "/incidents/v1/incidents/", "//incidents/v1/incidents", f"{INCIDENTS}%0a"],
)
def test_an_address_that_is_not_there_is_a_problem_too(acceptor: Person, path: str) -> None:
    answer = acceptor.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_path")


def test_a_method_that_is_not_there_is_told_with_those_that_are(suite: RunningSuite, incident: dict[str, Any]) -> None:
    wrong = suite.client.delete(INCIDENTS)
    within = suite.client.put(f"{INCIDENTS}/{incident['id']}")

    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "wrong_method", "GET, POST")
    assert (within.status_code, within.headers["allow"]) == (405, "GET")


def test_what_can_be_got_can_be_asked_for_its_head(suite: RunningSuite, incident: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {suite.tokens['town_acceptor']}"}

    answer = suite.client.head(f"{INCIDENTS}/{incident['id']}", headers=headers)

    assert (answer.status_code, answer.headers["etag"], answer.content) == (200, '"1"', b"")


@pytest.mark.parametrize(
    "field",
    [
        pytest.param({"title": "   "}, id="a blank title"),
        pytest.param({"found_at": "0001-01-01T00:00:00+14:00"}, id="before the calendar"),
        pytest.param({"found_at": "9999-12-31T23:59:59-14:00"}, id="after the calendar"),
        pytest.param({"found_at": "2026-07-06T08:00:00"}, id="a time of nowhere"),
        pytest.param({"location": {"lon": 120, "lat": 90.1}}, id="beyond the pole"),
    ],
)
def test_values_that_mean_nothing_are_not_valid(acceptor: Person, field: dict[str, Any]) -> None:
    answer = acceptor.post(INCIDENTS, {**REPORT, **field})

    assert (answer.status_code, answer.json()["code"]) == (422, "not_valid")


# --- keys and versions -------------------------------------------------------------------------------------------------------


def test_one_key_has_one_answer(acceptor: Person) -> None:
    name = key()
    first = acceptor.post(INCIDENTS, REPORT, Idempotency_Key=name)
    again = acceptor.post(INCIDENTS, REPORT, Idempotency_Key=name)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    for name in ("location", "etag"):
        assert first.headers[name] == again.headers[name]


def test_a_refusal_is_the_answer_of_its_key_even_when_it_would_be_possible_by_now(
    acceptor: Person, incident: dict[str, Any]
) -> None:
    name, path = key(), f"{INCIDENTS}/{incident['id']}"
    early = acceptor.post(f"{path}/file", {"category": "C-0101"}, Idempotency_Key=name)
    acceptor.post(f"{path}/accept", {})
    late = acceptor.post(f"{path}/file", {"category": "C-0101"}, Idempotency_Key=name)
    anew = acceptor.post(f"{path}/file", {"category": "C-0101"}, Idempotency_Key=key())

    assert (early.status_code, late.status_code, anew.status_code) == (409, 409, 200)
    assert early.content == late.content
    assert late.headers["idempotency-replayed"] == "true"


def test_a_refusal_from_before_the_block_is_the_answer_of_its_key_too(acceptor: Person) -> None:
    name = key()
    nowhere = {"title": "井盖缺失", "location": {"lon": 10.0, "lat": 10.0}}

    first = acceptor.post(INCIDENTS, nowhere, Idempotency_Key=name)
    again = acceptor.post(INCIDENTS, nowhere, Idempotency_Key=name)
    other = acceptor.post(INCIDENTS, REPORT, Idempotency_Key=name)

    assert (first.json()["code"], again.content, other.json()["code"]) == (
        "outside_every_grid",
        first.content,
        "idempotency_key_reused",
    )
    assert "content-language" in first.headers
    assert "content-language" not in again.headers


def test_what_would_not_be_read_is_refused(acceptor: Person, incident: dict[str, Any]) -> None:
    answer = acceptor.post(f"{INCIDENTS}/{incident['id']}/confirm", {"reason": "later"})

    assert (answer.status_code, answer.json()["code"]) == (422, "no_body_expected")


def test_a_key_stands_for_one_request(acceptor: Person) -> None:
    name = key()
    acceptor.post(INCIDENTS, REPORT, Idempotency_Key=name)
    other = acceptor.post(INCIDENTS, {**REPORT, "title": "路灯不亮"}, Idempotency_Key=name)

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_key_is_its_callers_own(suite: RunningSuite) -> None:
    name = key()
    mine = suite.person("town_acceptor").post(INCIDENTS, REPORT, Idempotency_Key=name)
    theirs = suite.person("resident").post(INCIDENTS, REPORT, Idempotency_Key=name)

    assert mine.json()["id"] != theirs.json()["id"]


@pytest.mark.parametrize(
    ("caller", "sent", "taken"),
    [
        pytest.param(ANONYMOUS, "1", False, id="a stranger's that anybody may think of"),
        pytest.param(ANONYMOUS, "018f2d5e-0000-7000-8000-000000000001", False, id="a stranger's that tells the time"),
        pytest.param(ANONYMOUS, "5b0c3f5e-9d1a-4c6e-8f3b-2a7d9e1c4b60", True, id="a stranger's that nobody guesses"),
        pytest.param(system("toolshed"), "1", True, id="somebody's own"),
    ],
)
def test_a_stranger_cannot_use_another_strangers_key(caller: Principal, sent: str, taken: bool) -> None:
    if taken:
        assert key_of({b"idempotency-key": sent}, caller) == sent
    else:
        with pytest.raises(BadHeader):
            key_of({b"idempotency-key": sent}, caller)


def test_what_is_not_valid_does_not_use_up_a_key(acceptor: Person) -> None:
    name = key()
    wrong = acceptor.post(INCIDENTS, {"title": ""}, Idempotency_Key=name)
    right = acceptor.post(INCIDENTS, REPORT, Idempotency_Key=name)

    assert (wrong.status_code, right.status_code) == (422, 201)


def test_a_repeat_is_answered_even_when_the_permission_is_gone(suite: RunningSuite) -> None:
    name = key()
    before = suite.somebody("town_acceptor", "990101001", subject="moved-on")
    after = suite.somebody("town_dispatcher", "990101001", subject="moved-on")

    first = before.post(INCIDENTS, REPORT, Idempotency_Key=name)
    again = after.post(INCIDENTS, REPORT, Idempotency_Key=name)

    assert first.content == again.content
    assert after.post(INCIDENTS, REPORT, Idempotency_Key=key()).status_code == 403


LAND = {"type": "Polygon", "coordinates": [[[10.0, 10.0], [10.1, 10.0], [10.1, 10.1], [10.0, 10.0]]]}


def test_a_change_of_content_names_the_version_it_is_based_on(suite: RunningSuite) -> None:
    admin = suite.person("county_admin")
    drawn = {"grid_code": "990101001001091", "name": "一", "households": 400, "boundary": LAND}
    grid = admin.post("/personnel/v1/grids", drawn).json()
    path = f"/personnel/v1/grids/{grid['id']}"
    etag = admin.get(path).headers["etag"]

    blind = admin.patch(path, {"households": 401})
    right = admin.patch(path, {"households": 402}, If_Match=etag)
    stale = admin.patch(path, {"households": 403}, If_Match=etag)

    assert (blind.status_code, blind.json()["code"]) == (428, "version_needed")
    assert (right.status_code, right.json()["households"]) == (200, 402)
    assert right.headers["etag"] == f'"{grid["version"] + 1}"'
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")


def test_an_action_takes_a_version_when_it_is_sent(acceptor: Person, incident: dict[str, Any]) -> None:
    path = f"{INCIDENTS}/{incident['id']}/accept"

    assert acceptor.post(path, {}, If_Match='"7"').status_code == 412
    assert acceptor.post(path, {}, If_Match="rubbish").status_code == 400
    assert acceptor.post(path, {}, If_Match='"1"').status_code == 200


# --- lists -------------------------------------------------------------------------------------------------------------------


def test_pages_follow_one_another_without_gap_or_repeat(suite: RunningSuite, acceptor: Person) -> None:
    made = [acceptor.post(INCIDENTS, REPORT).json()["id"] for _ in range(7)]

    seen: list[str] = []
    page = acceptor.get(f"{INCIDENTS}?limit=3&state=reported")
    for _ in range(3):
        seen += [item["id"] for item in page.json()["items"]]
        link = page.headers["link"]
        assert link.endswith('>; rel="next"')
        page = suite.client.get(link[1:].partition(">")[0], headers={"Authorization": f"Bearer {acceptor.token}"})

    assert [one for one in seen if one in made] == list(reversed(made))
    assert len(seen) == len(set(seen))


def test_the_last_page_has_no_next_one(suite: RunningSuite) -> None:
    nobody = suite.somebody("town_acceptor", "990107")

    page = nobody.get(INCIDENTS)

    assert page.json() == {"items": [], "next_cursor": None}
    assert "link" not in page.headers


# --- documents ---------------------------------------------------------------------------------------------------------------


def test_the_documents_are_served_whole_and_from_here(suite: RunningSuite) -> None:
    page = suite.client.get("/docs")
    contract = suite.client.get("/openapi.json").json()

    assert page.status_code == 200
    assert "https://" not in page.text
    assert set(re.findall(r'(?:href|src)="/([^/"]+)', page.text)) == {"docs"}, "whichever service is away"
    assert {path.split("/")[1] for path in contract["paths"]} == {
        "incidents",
        "inventory",
        "mediation",
        "personnel",
        "timebank",
    }
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert suite.client.get(f"/docs/{asset}").status_code == 200


@pytest.mark.parametrize("path", [INCIDENTS, f"{INCIDENTS}/{{id}}", f"{INCIDENTS}/{{id}}/history", "/personnel/v1/grids"])
def test_answers_are_what_the_contract_declares(suite: RunningSuite, incident: dict[str, Any], path: str) -> None:
    contract = suite.client.get("/openapi.json").json()
    declared = contract["paths"][path.replace("{id}", "{incident_id}")]["get"]["responses"]["200"]

    answer = suite.person("town_acceptor").get(path.replace("{id}", incident["id"]))

    for model in contract["components"]["schemas"].values():
        model["additionalProperties"] = False  # what is not declared may not be there either
    schema = {**declared["content"]["application/json"]["schema"], "components": contract["components"]}
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(answer.json())


def test_it_is_said_whether_we_live_and_can_serve(suite: RunningSuite) -> None:
    alive: httpx2.Response = suite.client.get("/healthz")
    ready = suite.client.get("/readyz")

    assert alive.json() == {"status": "alive"}
    assert ready.json()["status"] == "ready"
    assert {name: service["status"] for name, service in ready.json()["services"].items()} == {
        "personnel": "ready",
        "incidents": "ready",
        "timebank": "ready",
        "inventory": "ready",
        "mediation": "ready",
    }
