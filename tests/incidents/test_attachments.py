"""Attachments of incidents over HTTP: sent first, named by the step that needs them, seen by whoever may see the incident."""

import datetime as dt
import socket
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from gridwhistle.common import attachments, edge
from gridwhistle.common.again import Away
from gridwhistle.common.database import Database
from tests.common.test_uploads import PDF, camera_picture, picture
from tests.conftest import Person, RunningSuite

ATTACHMENTS = "/incidents/v1/attachments"
INCIDENTS = "/incidents/v1/incidents"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
REPORT: dict[str, Any] = {"title": "井盖缺失", "location": {"lon": 120.152, "lat": 30.272}}


def sent(person: Person, content: bytes, media_type: str = "image/jpeg", **headers: str) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    auth = {"Authorization": f"Bearer {person.token}", "Content-Type": media_type, "Accept-Language": "en", **named}
    return person.client.post(ATTACHMENTS, content=content, headers=auth)


@pytest.fixture
def acceptor(suite: RunningSuite) -> Person:
    return suite.person("town_acceptor")


def reported(person: Person, *attachment_ids: str) -> httpx2.Response:
    return person.post(INCIDENTS, {**REPORT, "attachment_ids": attachment_ids})


def test_a_picture_is_kept_without_what_the_camera_wrote_but_for_time_and_place(acceptor: Person) -> None:
    made = sent(acceptor, camera_picture()).json()
    incident = reported(acceptor, made["id"]).json()

    shown = acceptor.get(f"{ATTACHMENTS}/{made['id']}")

    assert made["taken_at"] == "2026-11-03T00:15:00Z"
    assert (made["lon"], made["lat"]) == (120.1525, 30.2725)
    assert incident["attachments"] == [made]
    assert b"SN-0042" not in shown.content
    assert b"Exif" not in shown.content
    assert len(shown.content) == made["size_bytes"]


def test_what_a_picture_shows_belongs_to_what_its_key_stands_for(suite: RunningSuite, acceptor: Person) -> None:
    headers = {"Authorization": f"Bearer {acceptor.token}", "Content-Type": "image/jpeg", "Idempotency-Key": str(uuid.uuid4())}
    content = picture()

    answers = [
        suite.client.post(f"{ATTACHMENTS}{query}", content=content, headers=headers)
        for query in ("?kind=before", "?kind=before", "?kind=after", "")
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 422, 422]
    assert answers[1].json() == answers[0].json()
    assert answers[0].json()["kind"] == "before"


def test_a_file_is_served_so_that_no_browser_takes_it_for_a_page(acceptor: Person) -> None:
    photo, document = sent(acceptor, picture()).json(), sent(acceptor, PDF, "application/pdf").json()

    headers = acceptor.get(f"{ATTACHMENTS}/{photo['id']}").headers
    of_document = acceptor.get(f"{ATTACHMENTS}/{document['id']}")

    assert headers["content-type"] == "image/jpeg"
    assert headers["content-disposition"] == f'inline; filename="{photo["id"]}.jpeg"'
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "private, no-cache")
    assert of_document.headers["content-disposition"].startswith("attachment;")
    assert of_document.content == PDF


def test_a_client_that_has_the_file_is_not_sent_it_again(acceptor: Person) -> None:
    path = f"{ATTACHMENTS}/{sent(acceptor, picture()).json()['id']}"
    tag = acceptor.get(path).headers["etag"]

    again = acceptor.get(path, If_None_Match=tag)

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


def test_a_repeated_upload_is_one_attachment_and_another_file_under_its_key_is_refused(acceptor: Person) -> None:
    key = f"test-{uuid.uuid4()}"
    first = sent(acceptor, picture(), Idempotency_Key=key)

    again, other = sent(acceptor, picture(), Idempotency_Key=key), sent(acceptor, PDF, "application/pdf", Idempotency_Key=key)

    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert first.headers["location"] == f"{ATTACHMENTS}/{first.json()['id']}"


@pytest.mark.parametrize(
    ("role", "area", "status"),
    [
        pytest.param("town_acceptor", "990101001", 200, id="who may see the incident"),
        pytest.param("town_acceptor", "990101002", 404, id="another township"),
        pytest.param("resident", "990101001", 403, id="who may see no incidents"),
    ],
)
def test_whoever_may_see_the_incident_may_see_its_files(suite: RunningSuite, role: str, area: str, status: int) -> None:
    resident = suite.person("resident")
    made = sent(resident, picture()).json()
    reported(resident, made["id"])

    answer = suite.somebody(role, area).get(f"{ATTACHMENTS}/{made['id']}")

    assert answer.status_code == status


def test_before_it_belongs_to_a_thing_only_its_sender_sees_it(suite: RunningSuite, acceptor: Person) -> None:
    made = sent(acceptor, picture()).json()

    assert acceptor.get(f"{ATTACHMENTS}/{made['id']}").status_code == 200
    assert suite.somebody("town_acceptor", "990101001").get(f"{ATTACHMENTS}/{made['id']}").status_code == 404


def test_an_attachment_belongs_to_one_thing_and_to_who_sent_it(suite: RunningSuite, acceptor: Person) -> None:
    made = sent(acceptor, picture()).json()["id"]

    stranger = reported(suite.somebody("town_acceptor", "990101001"), made)
    unknown = reported(acceptor, str(uuid.uuid4()))
    first = reported(acceptor, made, made)
    second = reported(acceptor, made)

    assert [answer.status_code for answer in (stranger, unknown, first, second)] == [422, 422, 201, 409]
    assert [answer.json()["code"] for answer in (stranger, unknown)] == ["no_such_attachment"] * 2
    assert len(first.json()["attachments"]) == 1
    assert second.json()["code"] == "already_attached"


def test_of_two_reports_of_a_batch_the_first_has_the_attachment(acceptor: Person) -> None:
    made = sent(acceptor, picture()).json()["id"]

    results = acceptor.post(f"{INCIDENTS}/batch", {"reports": [{**REPORT, "attachment_ids": [made]}] * 2}).json()["results"]

    assert [(result["result"], result["code"]) for result in results] == [("created", None), ("refused", "already_attached")]


def test_a_thing_has_no_more_than_can_be_shown(acceptor: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "ATTACHED_IN_ALL_MAX", 1)

    refused = reported(acceptor, *(sent(acceptor, picture()).json()["id"] for _ in range(2)))

    assert (refused.status_code, refused.json()["code"]) == (409, "enough_attachments")
    assert "1 more" in refused.json()["detail"]


def test_what_was_done_and_what_was_seen_have_their_own_pictures(suite: RunningSuite, eventually: Any) -> None:
    acceptor, handler, worker = (suite.person(role) for role in ("town_acceptor", "dept_handler", "grid_worker"))
    grid = "990101001001001"
    shift = worker.post("/personnel/v1/shifts", {"grid_code": grid}).json()["id"]
    path = f"{INCIDENTS}/{reported(acceptor, sent(acceptor, picture()).json()['id']).json()['id']}"
    acceptor.post(f"{path}/accept", {})
    acceptor.post(f"{path}/file", {"category": "C-0101"})
    suite.person("town_dispatcher").post(f"{path}/dispatch", {"lead_org": "990101-water"})
    suite.person("dept_desk").post(f"{path}/sign", {"handler_id": "demo-dept_handler"})
    after = sent(handler, picture()).json()["id"]
    submitted = handler.post(f"{path}/submit", {"result": "已更换井盖", "attachment_ids": [after]}).json()
    suite.person("dept_leader").post(f"{path}/confirm")
    acceptor.post(f"{path}/order_check")
    eventually(lambda: worker.get(path).json()["actions"] == ["checked", "check_failed", "check_unclear"])

    seen = worker.post(f"{path}/checked", {"attachment_ids": [sent(worker, picture()).json()["id"]]}).json()

    assert [line["id"] for line in submitted["attachments"]][1:] == [after]
    assert [line["id"] for line in seen["attachments"]][:2] == [line["id"] for line in submitted["attachments"]]
    assert len(seen["attachments"]) == 3
    worker.post(f"/personnel/v1/shifts/{shift}/end")


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        pytest.param(SVG, "image/svg+xml", 415, "media_type_not_taken", id="a media type"),
        pytest.param(SVG, "image/png", 422, "unknown_file_kind", id="a kind of file"),
        pytest.param(b"", "image/png", 422, "unknown_file_kind", id="nothing"),
        pytest.param(bytes(10 * 1024 * 1024 + 1), "image/png", 413, "body_too_large", id="more than ten megabytes"),
    ],
)
def test_what_is_not_taken_is_refused_and_says_why(
    acceptor: Person, content: bytes, media_type: str, status: int, code: str
) -> None:
    answer = sent(acceptor, content, media_type)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("name", ["..", "%2e%2e%2fkeys", "..%2f..%2fkeys", "%00", "a" * 64, "C:%5Ckeys"])
def test_a_file_is_found_by_its_id_and_never_by_a_path(acceptor: Person, name: str) -> None:
    assert acceptor.get(f"{ATTACHMENTS}/{name}").status_code == 404


def test_nothing_of_what_a_file_is_called_is_kept(acceptor: Person) -> None:
    made = sent(acceptor, picture(), Content_Disposition='attachment; filename="../../keys"').json()

    assert "keys" not in acceptor.get(f"{ATTACHMENTS}/{made['id']}").headers["content-disposition"]
    assert "keys" not in str(made)


def test_files_on_their_way_in_may_take_so_much_together(acceptor: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "FILES_AT_ONCE_BYTES_MAX", 1_000)
    large = picture("PNG", size=(800, 600))

    answer = sent(acceptor, large)
    monkeypatch.undo()

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "busy", "1")
    assert edge._arriving.bytes == 0
    assert sent(acceptor, large).status_code == 201


def test_a_file_that_does_not_arrive_is_not_waited_for(
    suite: RunningSuite, acceptor: Person, monkeypatch: pytest.MonkeyPatch, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    monkeypatch.setattr(edge, "FILE_PATIENCE_S", 0.05)
    head = (
        f"POST {ATTACHMENTS} HTTP/1.1\r\nHost: suite\r\nAuthorization: Bearer {acceptor.token}\r\n"
        "Content-Type: image/png\r\nContent-Length: 1000\r\n\r\nhalf"
    )
    address = urlsplit(suite.base_url)

    with socket.create_connection((address.hostname, address.port), timeout=10) as line:
        line.sendall(head.encode())
        answer = b""
        while b"}" not in answer:
            answer += line.recv(10_000)

    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"code":"too_slow"' in answer
    eventually(lambda: edge._arriving.bytes == 0)


def test_nothing_is_answered_for_a_file_whose_row_was_not_written(acceptor: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    content = picture("PNG", size=(33, 44))

    async def away(*_args: Any) -> None:
        raise Away

    with monkeypatch.context() as patched:
        patched.setattr(Database, "write", away)
        lost = sent(acceptor, content)
    again = sent(acceptor, content)

    assert lost.status_code == 503
    assert again.status_code == 201
    assert acceptor.get(f"{ATTACHMENTS}/{again.json()['id']}").status_code == 200


def test_the_header_does_not_decide_what_a_file_is(acceptor: Person) -> None:
    made = sent(acceptor, picture("PNG"), "application/pdf").json()

    assert made["media_type"] == "image/png"
    assert dt.datetime.fromisoformat(made["uploaded_at"]) <= dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
