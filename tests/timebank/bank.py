"""A station of the time bank with its people, as tests need them: registered, insured, and with times that lie in the past."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.conftest import Person, RunningSuite

BASE = "/timebank/v1"
COUNTY = "990302"
AREA = f"{COUNTY}001001"
TODAY = dt.datetime.now(dt.UTC).replace(hour=2, minute=0, second=0, microsecond=0)
BEGINS = TODAY - dt.timedelta(days=3)
"""When services of tests begin: ten in the morning, some days ago."""
HOUR, MINUTE, NOTHING = dt.timedelta(hours=1), dt.timedelta(minutes=1), dt.timedelta(0)
HERE, NEAR, FAR = {"lon": 120.152, "lat": 30.2725}, {"lon": 120.153, "lat": 30.2725}, {"lon": 120.2, "lat": 30.2725}


def made(answer: httpx2.Response) -> dict[str, Any]:
    """Return what came into being or changed."""
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content


def code_of(answer: httpx2.Response) -> str:
    """Return why something was refused."""
    assert answer.status_code >= 400, answer.text
    code: str = answer.json()["code"]
    return code


@dataclass
class Somebody:
    """A participant, with their token."""

    id: str
    person: Person


@dataclass
class Bank:
    """A station and whoever it has registered. What is posted here happened in the past, and starts no clocks."""

    suite: RunningSuite
    county: str = COUNTY
    clerk: Person = field(init=False)
    admin: Person = field(init=False)

    def __post_init__(self) -> None:
        self.clerk, self.admin = self.office("station_clerk", "clerk"), self.office("timebank_admin", "admin")
        for code, more in {"keeping_company": {}, "errands": {"minors_allowed": True}}.items():
            kind = {"service_code": code, "area_code": f"{self.county}000000", "name": "陪伴", **more}
            assert self.admin.post(f"{BASE}/service_kinds", kind).status_code in {201, 409}
        self._open_books()

    def _open_books(self) -> None:
        """Open the county's own accounts, and have two persons grant the pool a thousand hours."""
        county = f"{self.county}000000"
        accounts = {
            kind: self.admin.post(f"{BASE}/accounts", {"kind": kind, "area_code": county})
            for kind in ("issuance", "pool", "pool_hold")
        }
        if accounts["pool"].status_code == 409:
            return  # another module of tests was here
        sides = {f"{end}_account_id": made(accounts[kind])["id"] for end, kind in (("from", "issuance"), ("to", "pool"))}
        why = {"minutes": 60_000, "resolution_ref": "示例县民〔2026〕12号", "reason": "年度拨付"}
        grant = made(self.admin.post(f"{BASE}/grants", {**sides, **why}, Idempotency_Key=str(uuid.uuid4())))
        second = self.office("timebank_admin", "second-admin")
        made(second.post(f"{BASE}/proposals/{grant['id']}/approve", Idempotency_Key=str(uuid.uuid4())))

    def give(self, who: Somebody, minutes: int) -> None:
        """Bring minutes in that somebody saved elsewhere."""
        county = f"{self.county}000000"
        clearing = self.admin.post(f"{BASE}/accounts", {"kind": "clearing", "area_code": county})
        if clearing.status_code == 409:
            lines = made(self.admin.get(f"{BASE}/accounts?kind=clearing&area_code={county}"))["items"]
        from_id = lines[0]["id"] if clearing.status_code == 409 else made(clearing)["id"]
        of_theirs = made(self.admin.get(f"{BASE}/accounts?owner_id={who.id}&kind=personal_available"))["items"]
        application = self.suite.somebody("integrator", self.county, scope="ledger:post")
        posting = {"type": "import", "from_account_id": from_id, "to_account_id": of_theirs[0]["id"], "minutes": minutes}
        made(application.post(f"{BASE}/postings", posting, Idempotency_Key=str(uuid.uuid4())))

    def minutes_of(self, owner: str) -> dict[str, tuple[int, int]]:
        """Return what is on somebody's accounts, by kind: the balance, and how much of it is locked."""
        lines = made(self.admin.get(f"{BASE}/accounts?owner_id={owner}"))["items"]
        return {line["kind"]: (line["balance_minutes"], line["locked_minutes"]) for line in lines}

    @property
    def minutes_in_pool(self) -> int:
        """What is in the county's public pool."""
        lines = made(self.admin.get(f"{BASE}/accounts?kind=pool&area_code={self.county}000000"))["items"]
        [pool] = [line for line in lines if line["area_code"] == f"{self.county}000000"]
        return int(pool["balance_minutes"])

    @property
    def area(self) -> str:
        """The community."""
        return f"{self.county}001001"

    def office(self, role: str, subject: str) -> Person:
        """Return somebody who works for the time bank."""
        return self.suite.somebody(role, self.county, subject=subject, scope="history:import")

    def register(self, kind: str = "volunteer", **more: Any) -> Somebody:
        """Register somebody who is old enough to serve and to be served, and insured."""
        content = {
            "kind": kind,
            "area_code": self.area,
            "name": "王芳",
            "phone": "13800138000",
            "real_name_token": f"rn-{uuid.uuid4()}",
            "birth_year": 1960,
            "insured_until": f"{TODAY.year + 1}-12-31",
            **more,
        }
        id_ = made(self.clerk.post(f"{BASE}/participants", content))["id"]
        role = "resident" if kind == "beneficiary" else "volunteer"
        return Somebody(id_, self.suite.somebody(role, self.county, subject=id_, scope="history:import"))

    def elder(self) -> Somebody:
        """Register somebody whose services the pool pays."""
        elder = self.register("beneficiary", birth_year=1942)
        entitled = {"category": "key_lonely_elderly", "valid_until": f"{TODAY.year + 1}-12-31"}
        made(self.clerk.post(f"{BASE}/participants/{elder.id}/entitlements", entitled))
        return elder

    def wish(self, elder: Somebody | None = None, **more: Any) -> dict[str, Any]:
        """Return what an elder asks for: company for an hour."""
        return {
            "service_code": "keeping_company",
            **({"beneficiary_id": elder.id} if elder else {"kind": "public"}),
            "area_code": self.area,
            "address": "示例县城关镇幸福里3栋502室",
            "point": HERE,
            "start_at": BEGINS.isoformat(),
            "end_at": (BEGINS + 2 * HOUR).isoformat(),
            "agreed_minutes": 60,
            **more,
        }

    def published(self, elder: Somebody, **more: Any) -> str:
        """Return an order that people can come forward for."""
        order = made(self.clerk.post(f"{BASE}/orders", self.wish(elder, **more), As_Of=at(-6 * HOUR)))
        made(self.clerk.post(f"{BASE}/orders/{order['id']}/publish", {}, As_Of=at(-6 * HOUR)))
        id_: str = order["id"]
        return id_

    def claimed(self, order_id: str, volunteer: Somebody) -> str:
        """Return a claim of somebody who came forward."""
        id_: str = made(volunteer.person.post(f"{BASE}/orders/{order_id}/claim", As_Of=at(-5 * HOUR)))["id"]
        return id_

    def confirmed(self, claim_id: str) -> str:
        """Let the station say yes to a claim; return the number to tell."""
        pin: str = made(self.clerk.post(f"{BASE}/claims/{claim_id}/confirm", {}, As_Of=at(-4 * HOUR)))["pin"]
        return pin

    def served(
        self, elder: Somebody, volunteer: Somebody, minutes: int = 60, *, after: dt.timedelta = NOTHING, **more: Any
    ) -> str:
        """Return a claim of a service that is done, and not confirmed yet; it may begin some time after others of tests do."""
        window = {"start_at": at(after), "end_at": at(after + 2 * HOUR)}
        claim_id = self.claimed(self.published(elder, **window, **more), volunteer)
        pin = self.confirmed(claim_id)
        path = f"{BASE}/claims/{claim_id}"
        made(volunteer.person.post(f"{path}/check_in", {"pin": pin, "point": NEAR}, As_Of=at(after)))
        made(volunteer.person.post(f"{path}/check_out", {}, As_Of=at(after + minutes * MINUTE)))
        return claim_id

    def settled(
        self, elder: Somebody, volunteer: Somebody, minutes: int = 60, *, after: dt.timedelta = NOTHING, **more: Any
    ) -> dict[str, Any]:
        """Return a claim of a service that the station says was done."""
        claim_id = self.served(elder, volunteer, minutes, after=after, **more)
        return made(self.clerk.post(f"{BASE}/claims/{claim_id}/settle", {}, As_Of=at(after + 3 * HOUR)))


def at(after: dt.timedelta = dt.timedelta(0)) -> str:
    """Return a moment before or after services of tests begin."""
    return (BEGINS + after).isoformat()
