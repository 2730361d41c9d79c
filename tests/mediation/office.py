"""A judicial office with a committee that works, and who belongs to it, for tests over HTTP."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.conftest import Person, RunningSuite

BASE = "/mediation/v1"
TODAY = dt.datetime.now(dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=8))).date()


def made(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content


def code_of(answer: httpx2.Response) -> str:
    assert answer.status_code >= 400, answer.text
    code: str = answer.json()["code"]
    return code


def short_name() -> str:
    """Return a short name that no other committee has."""
    return "".join(chr(0x4E00 + int(digit, 16) * 97) for digit in uuid.uuid4().hex[:12])


@dataclass
class Past(Person):
    """Somebody who tells of a day that is past."""

    at: str

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return super()._headers({"As_Of": self.at, **headers})


@dataclass
class Office:
    """Who sets up committees and keeps rosters, in a community of a county."""

    suite: RunningSuite
    area: str = "990101001001"
    at: str | None = None
    """When it is, for what is told of the past; then no clocks start."""

    def person(self, role: str, subject: str, area: str | None = None) -> Person:
        """Return somebody in a role."""
        if self.at is None:
            return self.suite.somebody(role, area or self.area[:9], subject=subject)
        person = self.suite.somebody(role, area or self.area[:9], subject=subject, scope="history:import")
        return Past(person.client, person.token, self.at)

    @property
    def judicial(self) -> Person:
        return self.person("judicial_office", "office")

    @property
    def chair(self) -> Person:
        return self.person("mediation_chair", "chair")

    def committee(self, **more: Any) -> dict[str, Any]:
        """Set up a committee."""
        content = {"name": "示例人民调解委员会", "short_name": short_name(), "kind": "village", "area_code": self.area}
        content |= {"elected_on": (TODAY - dt.timedelta(days=100)).isoformat(), "seal_no": "9901010012345", **more}
        return made(self.chair.post(f"{BASE}/committees", content))

    def register(self, committee: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Register somebody who mediates: a member of the committee, unless it is said otherwise."""
        content: dict[str, Any] = {"name": f"周{short_name()[:6]}", "area_code": self.area, "kind": "elected"}
        content |= {"appointed_on": "2026-01-01", "is_qualified": True, "insured_until": "2199-01-01"}
        if committee:
            content |= {"committee_id": committee["id"], "is_member": True}
        return made(self.chair.post(f"{BASE}/mediators", content | more))

    def filed(self, members: int = 3, **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return a committee that is on file, with its members."""
        committee = self.committee(**more)
        people = [self.register(committee) for _ in range(members)]
        path = f"{BASE}/committees/{committee['id']}"
        made(self.chair.post(f"{path}/name_chair", {"mediator_id": people[0]["id"]}))
        filing = {"has_women": True, "mirrors_mixed_area": True}
        return made(self.judicial.post(f"{path}/file", filing)), people

    # --- cases ---------------------------------------------------------------------------------------------------------------

    def register_case(self, by: Person | None = None, **more: Any) -> dict[str, Any]:
        """Register a dispute between two neighbours who are known."""
        content: dict[str, Any] = {"source": "application", "area_code": self.area, "parties": [ZHAO, QIAN]}
        content["facts"] = {"dispute_type": "D02", "brief": "楼上漏水,双方争执", **more.pop("facts", {})}
        return made((by or self.chair).post(f"{BASE}/cases", content | more))

    def asked(self, **more: Any) -> tuple[str, list[str]]:
        """Return the path of a case whose parties are asked, and who they are."""
        case = self.register_case(**more)
        path = f"{BASE}/cases/{case['id']}"
        return path, [party["id"] for party in made(self.chair.post(f"{path}/ask_willingness"))["parties"]]

    def willing(self, **more: Any) -> tuple[str, list[str]]:
        """Return the path of a case that every party wants."""
        path, parties = self.asked(**more)
        for party in parties:
            made(self.chair.post(f"{path}/consent", {"party_id": party, "answered_by": "in_writing"}))
        return path, parties

    def accepted(self, committee: dict[str, Any], **more: Any) -> tuple[str, list[str]]:
        """Return the path of a case that a committee has accepted."""
        path, parties = self.willing(**more)
        made(self.chair.post(f"{path}/accept", {"committee_id": committee["id"], **LAWFUL}))
        return path, parties

    # --- panels and sessions -------------------------------------------------------------------------------------------------

    def mediator(self, member: dict[str, Any], role: str = "mediator") -> Person:
        """Return somebody who mediates, as who calls."""
        return self.person(role, member["id"], self.area)

    def assigned(self, committee: dict[str, Any], *members: dict[str, Any], **more: Any) -> tuple[str, list[str]]:
        """Return the path of a case that the first of these presides over, and the others mediate as well."""
        path, parties = self.accepted(committee, **more)
        ids = [member["id"] for member in members]
        content = {"presiding_id": ids[0], "other_ids": ids[1:], "chosen_by": "parties"}
        made(self.chair.post(f"{path}/assign", content))
        return path, parties

    def session(self, path: str, mediator: Person, parties: list[str], **more: Any) -> str:
        """Plan a session and tell every party; return its path."""
        now = dt.datetime.fromisoformat(self.at) if self.at else dt.datetime.now(dt.UTC)
        begins = now + dt.timedelta(days=2)
        content = {"starts_at": begins.isoformat(), "ends_at": (begins + dt.timedelta(hours=2)).isoformat()}
        content |= {"venue": "示例社区调解室", **more}
        session = f"{path}/sessions/{made(mediator.post(f'{path}/plan_session', content))['id']}"
        for party in parties:
            made(mediator.post(f"{session}/notify", {"party_id": party, "manner": "by_phone"}))
        return session

    def in_mediation(self, committee: dict[str, Any], *members: dict[str, Any], **more: Any) -> tuple[str, list[str]]:
        """Return the path of a case whose parties have met."""
        path, parties = self.assigned(committee, *members, **more)
        made(self.chair.post(f"{path}/tell_rights", {}))
        for member in members:
            made(self.mediator(member).post(f"{path}/disclose", {"relation": "none"}))
        mediator = self.mediator(members[0])
        session = self.session(path, mediator, parties)
        made(mediator.post(f"{session}/open", {"present": parties}))
        made(mediator.post(f"{session}/end", {"record": "双方各退一步", "undisputed": "漏水属实"}))
        return path, parties

    # --- agreements and files ------------------------------------------------------------------------------------------------

    def draft(self, path: str, mediator: Person, parties: list[str], **more: Any) -> dict[str, Any]:
        """Write down that the second party pays the first in a month."""
        content: dict[str, Any] = {"content": "乙方赔偿甲方五千元,双方不再追究", "terms": [pays(parties[1])]}
        return made(mediator.post(f"{path}/draft_agreement", content | more))

    def sign(self, path: str, mediator: Person, parties: list[str], agreement: dict[str, Any]) -> dict[str, Any]:
        """Have everybody sign, and put the seal on it."""
        at = f"{path}/agreements/{agreement['id']}"
        for party in parties:
            made(mediator.post(f"{at}/sign", {"party_id": party, "how": "fingerprint"}))
        made(mediator.post(f"{at}/sign", {"how": "signature"}))
        return made(self.chair.post(f"{at}/seal"))

    def agreed(self, committee: dict[str, Any], member: dict[str, Any], **more: Any) -> tuple[str, list[str], dict[str, Any]]:
        """Return the path of a case with a written agreement that stands."""
        path, parties = self.in_mediation(committee, member, **more.pop("case", {}))
        mediator = self.mediator(member)
        return path, parties, self.sign(path, mediator, parties, self.draft(path, mediator, parties, **more))


def pays(party: str, due_on: str | None = "2199-01-01", amount_fen: int = 500_000) -> dict[str, Any]:
    """Return that a party pays."""
    return {"kind": "pay", "party_id": party, "content": "赔偿款", "amount_fen": amount_fen, "due_on": due_on}


LAWFUL = {"is_free_of_proceedings": True, "is_allowed": True}
ZHAO = {"side": "applicant", "name": "赵一", "phone": "13800138001", "home_area": "990101001001"}
QIAN = {"side": "respondent", "name": "钱二", "phone": "13800138002", "address": "示例县城关镇幸福里3栋502室"}
