"""A red rain warning in the demo county, from the authority's message to the lift, step by step: `gridwhistle demo flood`."""

import datetime as dt
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import httpx2

from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.issuer import Issuer
from gridwhistle.standalone.demo import words

_COUNTY: Final = f"{words.COUNTY}000000"
_TOWN: Final = f"{words.TOWN}000"
_SENDER: Final = f"{words.COUNTY}.qx.example"
_HOUR, _DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
_WAIT_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.1
_STILL_S: Final = 1.5
CAP: Final = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>{id}</identifier><sender>{sender}</sender><sent>{sent}</sent>
<status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><language>zh-CN</language><category>Met</category><event>暴雨</event>
<urgency>Immediate</urgency><severity>Extreme</severity><certainty>Likely</certainty>
<eventCode><valueName>GB/T 35561</valueName><value>11B03</value></eventCode>
<expires>{expires}</expires><senderName>示例县气象台</senderName>
<headline>示例县气象台发布暴雨红色预警信号</headline>
<instruction>低洼地带人员立即转移。</instruction>
<area><areaDesc>示例县</areaDesc><geocode><valueName>GB/T 10114</valueName><value>{area}</value></geocode></area>
</info></alert>"""
"""What the county's weather office would send."""


class Stopped(RuntimeError):
    """The suite answered otherwise than the story goes; the message says where."""


class Flood:
    """The story. Each step is a call that a visitor can repeat, by the role whose step it is."""

    def __init__(self, base_url: str, issuer: Issuer, tell: Callable[[str], None]) -> None:
        """Take where the suite runs, who makes tokens for it, and what prints a line."""
        self._client = httpx2.Client(base_url=base_url, timeout=30, headers={"Accept-Language": "en"})
        self._issuer, self._tell = issuer, tell
        self._people: dict[tuple[str, ...], str] = {}

    def play(self) -> None:
        """Let it rain.

        Raises:
            Stopped: a step did not go as the story says.
        """
        try:
            with self._client:
                response = self._decide(self._warn())
                path = f"/inventory/v1/responses/{response['id']}"
                self._follow(path)
                self._meanwhile(response)
                self._end(path, response["session_id"])
        except httpx2.TransportError as error:
            raise Stopped(f"nobody answers at {self._client.base_url} ({type(error).__name__})") from None

    # --- its parts -----------------------------------------------------------------------------------------------------------

    def _warn(self) -> dict[str, Any]:
        self._heading("1. The weather office warns 气象预警")
        now = dt.datetime.now(LOCAL)
        number = f"{words.COUNTY}00000000_{now:%Y%m%d%H%M%S}_{now.microsecond // 100_000}"
        sent, expires = (moment.isoformat(timespec="seconds") for moment in (now, now + 6 * _HOUR))
        message = CAP.format(id=number, sender=_SENDER, sent=sent, expires=expires, area=words.COUNTY)
        self._say("official feed", "POST /inventory/v1/warnings/cap", "a CAP 1.2 message, kept and given out as it came")
        feed = self._token("integrator", words.COUNTY, scope="warnings:relay")
        headers = {"Authorization": f"Bearer {feed}", "Content-Type": "application/cap+xml"}
        warning = self._answer(self._client.post("/inventory/v1/warnings/cap", content=message.encode(), headers=headers))
        self._so(f"{warning['colour']} warning {warning['warning_id']}: {warning['headline']}")
        return warning

    def _decide(self, warning: Mapping[str, Any]) -> dict[str, Any]:
        self._heading("2. One decision 启动响应")
        why = {"event_class": "natural_disaster", "areas": [_COUNTY], "warning_id": warning["id"], "expected_persons": 300}
        self._say("duty officer", "POST /inventory/v1/responses", "proposes a response; the warning suggests which level")
        response = self._post("county_duty", "/inventory/v1/responses", why | {"reason": "暴雨红色预警，低洼地带需转移群众"})
        self._so(f"level {response['level'].upper()} is proposed; somebody decides within 30 minutes")
        path = f"/inventory/v1/responses/{response['id']}"
        now = dt.datetime.now(LOCAL)
        hands = {"service_code": "flood_relief", "people_needed": 30}
        hands |= {"start_at": now.isoformat(), "end_at": (now + 8 * _HOUR).isoformat()}
        decision = {
            "expected_until": (now + 2 * _DAY).isoformat(),
            "measures": ["warn_public", "call_teams", "reserve_supplies", "ready_shelters", "call_volunteers"],
            "volunteers": hands,
        }
        self._say("director of the office", f"POST {path}/decide", "may decide on level IV, and no graver one")
        self._so(self._refused("office_director", f"{path}/decide", decision))
        self._say("deputy commander", f"POST {path}/decide", "decides: 300 people, three days, thirty volunteers")
        begun = self._post("deputy_commander", f"{path}/decide", decision)
        self._so(f"the response is {begun['state']}; all that follows has the correlation id {begun['correlation_id']}")
        self._post("county_duty", f"{path}/report_by_phone")
        return begun

    def _follow(self, path: str) -> None:
        self._heading("3. What follows by itself, in every service 各服务联动")
        self._say("anybody who works there", f"GET {path}/timeline", "one thread, whoever told it")
        wanted = {
            "timebank order.published": "an order for thirty people who are of age and insured",
            "incidents response.urgent_clocks_began": "clocks of new incidents run day and night",
            "personnel response.roster_counted": "the grid workers who can be called are counted",
        }
        self._until(lambda: self._thread(path), lambda lines: wanted.keys() <= {self._name(line) for line in lines})
        lines = self._still(path)
        for name, times in self._counted(lines):
            self._so(f"{name}{f' x {times}' if times > 1 else ''}{f': {wanted[name]}' if name in wanted else ''}")
        self._say(
            "anybody who works there", f"GET {path}/supplies", "what 300 people need for three days, and what is promised"
        )
        for line in self._get(self._token("county_duty", words.COUNTY), f"{path}/supplies")["items"]:
            there = f"{line['promised']} of {line['needed']} {line['unit']}"
            self._so(f"{line['name']}: {there} promised, {line['missing']} missing")

    def _meanwhile(self, response: Mapping[str, Any]) -> None:
        self._heading("4. While it rains 响应期间")
        lon, lat = words.INSIDE
        report = {"title": "一楼进水，老人被困", "urgency": "emergency", "location": {"lon": lon, "lat": lat}}
        self._say("resident", "POST /incidents/v1/incidents", "reports water in a house")
        incident = self._post("resident", "/incidents/v1/incidents", report)
        acceptor = self._token("town_acceptor", words.TOWN)
        [clock] = self._get(acceptor, f"/incidents/v1/incidents/{incident['id']}/clocks")["items"]
        part = "part of the response" if incident["response_id"] == response["id"] else "no part of it"
        self._so(f"{incident['incident_no']} is {part}; to be accepted within {clock['amount']} minutes, day and night")
        self._volunteer()
        officer = self._token("disaster_info_officer", words.TOWN)
        listed = self._get(officer, f"/inventory/v1/situations?response_id={response['id']}&limit=200")["items"]
        mine = next(line for line in listed if line["area_code"] == _TOWN)
        path = f"/inventory/v1/situations/{mine['id']}/report"
        self._say("disaster information officer", f"POST {path}", "reports what has happened")
        numbers = {"relocated": 120, "urgent_aid": 15, "houses_damaged": 7}
        told = self._post("disaster_info_officer", path, numbers, area=words.TOWN)
        self._so(f"first report within the hour; the next is due {self._local(told['due_at'])}, and zero is a report too")
        totals = self._get(self._token("county_duty", words.COUNTY), f"/inventory/v1/responses/{response['id']}/totals")
        towns = f"{totals['reported']} of {totals['townships']} townships have reported"
        self._so(f"{towns}: {totals['relocated']} people are relocated")

    def _volunteer(self) -> None:
        clerk = self._token("station_clerk", words.COUNTY)
        listed = self._get(clerk, "/timebank/v1/participants?state=active&limit=200")["items"]
        people = [one for one in listed if one["kind"] != "beneficiary"]
        orders = self._get(clerk, "/timebank/v1/open_orders?kind=emergency&limit=50")["items"]
        if not (people and orders):
            self._so("the demo county has no volunteers yet; let it fill, and run this again")
            return
        self._say("volunteer", f"POST /timebank/v1/orders/{orders[-1]['id']}/claim", "comes forward")
        for one in people:
            bearer = self._token("volunteer", words.COUNTY, subject=one["id"])
            answer = self._client.post(f"/timebank/v1/orders/{orders[-1]['id']}/claim", headers=self._headers(bearer))
            if answer.is_success:
                self._so("one of thirty places is taken; a station says yes, and they serve")
                return
        self._so(f"nobody could: {answer.json()['detail']}")

    def _end(self, path: str, session_id: str) -> None:
        self._heading("5. It is over 终止响应")
        self._say("deputy commander", f"POST {path}/lift", "lifts it")
        self._post("deputy_commander", f"{path}/lift", {"reason": "雨势减弱，险情解除"})
        ended = "incidents response.urgent_clocks_ended"
        lines = self._until(lambda: self._thread(path), lambda lines: ended in {self._name(line) for line in lines})
        self._so(f"{len(lines)} things were told in its thread; incidents are back at their ordinary clocks")
        self._say("head", f"POST {path}/review", "what was learned is written down within thirty days")
        self._post("emergency_commander", f"{path}/review", {"findings": "转移及时；城关镇物资到达用时偏长。"})
        session = self._get(self._token("county_duty", words.COUNTY), f"/inventory/v1/emergency_sessions/{session_id}")
        gone = dt.datetime.fromisoformat(session["lifted_at"]) + 30 * _DAY
        self._so(f"what is personal in session {session_id} goes on {gone.astimezone(LOCAL):%Y-%m-%d}, in every service")

    # --- what is told --------------------------------------------------------------------------------------------------------

    def _heading(self, text: str) -> None:
        self._tell(f"\n{text}")

    def _say(self, who: str, call: str, what: str) -> None:
        self._tell(f"  {who}: {what}\n      {call}")

    def _so(self, what: str) -> None:
        self._tell(f"    → {what}")

    @staticmethod
    def _local(moment: str) -> str:
        return f"{dt.datetime.fromisoformat(moment).astimezone(LOCAL):%Y-%m-%d %H:%M}"

    @staticmethod
    def _name(line: Mapping[str, Any]) -> str:
        return f"{line['service']} {line['event']}"

    def _counted(self, lines: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
        names = [self._name(line) for line in lines]
        return [(name, names.count(name)) for name in dict.fromkeys(names)]

    # --- calls ---------------------------------------------------------------------------------------------------------------

    def _token(self, role: str, area: str, *, subject: str | None = None, scope: str = "") -> str:
        held = role, area, subject or f"flood-{role}", scope
        if held not in self._people:
            self._people[held] = self._issuer.token(held[2], [role], [area], scope=scope)
        return self._people[held]

    @staticmethod
    def _headers(bearer: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {bearer}", "Idempotency-Key": str(uuid.uuid4())}

    def _thread(self, path: str) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = self._get(self._token("county_duty", words.COUNTY), f"{path}/timeline")["items"]
        return lines

    def _get(self, bearer: str, path: str) -> dict[str, Any]:
        return self._answer(self._client.get(path, headers={"Authorization": f"Bearer {bearer}"}))

    def _post(self, role: str, path: str, content: Any = None, *, area: str = words.COUNTY) -> dict[str, Any]:
        return self._answer(self._client.post(path, json=content, headers=self._headers(self._token(role, area))))

    def _refused(self, role: str, path: str, content: Any) -> str:
        answer = self._client.post(path, json=content, headers=self._headers(self._token(role, words.COUNTY)))
        if answer.is_success:
            raise Stopped(f"{path} was to be refused")
        return f"{answer.status_code}: {answer.json()['detail']}"

    @staticmethod
    def _answer(answer: httpx2.Response) -> dict[str, Any]:
        content: dict[str, Any] = answer.json()
        if not answer.is_success:
            raise Stopped(f"{answer.request.method} {answer.request.url.path}: {content['detail']}")
        return content

    def _still(self, path: str) -> list[dict[str, Any]]:
        """Return the thread when nothing was added for a while: stores, shelters and teams follow one after the other."""
        before, ends = -1, time.monotonic() + _WAIT_S
        while len(lines := self._thread(path)) != before and time.monotonic() < ends:
            before = len(lines)
            time.sleep(_STILL_S)
        return lines

    @staticmethod
    def _until(look: Callable[[], list[dict[str, Any]]], holds: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        ends = time.monotonic() + _WAIT_S
        while not holds(seen := look()):
            if time.monotonic() > ends:
                raise Stopped("not every service has told what it did within ten seconds")
            time.sleep(_LOOK_EVERY_S)
        return seen
