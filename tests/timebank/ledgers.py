"""A county's accounts of the time bank, and who posts to them, for its tests."""

import uuid
from collections import defaultdict
from typing import Any, Final

import httpx2

from gridwhistle.timebank.domain import OWNED
from tests.conftest import Person, RunningSuite

BASE: Final = "/timebank/v1"
COUNTY: Final = "990305"


class Bank:
    """A county's accounts, and somebody who may post to them."""

    def __init__(self, suite: RunningSuite) -> None:
        self.area = f"{COUNTY}{uuid.uuid4().int % 10**6:06}"
        self.admin = suite.somebody("timebank_admin", COUNTY, subject="first")
        self.second = suite.somebody("timebank_admin", COUNTY, subject="second")
        self.auditor = suite.somebody("auditor", COUNTY)
        self.application = suite.somebody("integrator", COUNTY, scope="ledger:post")
        self.accounts: dict[tuple[str, str | None], str] = {}
        self.owners: dict[str, str] = defaultdict(lambda: str(uuid.uuid4()))

    def account(self, kind: str, owner: str | None = None) -> str:
        """Return the id of an account, opened when it is first asked for. Owners are called by names of the test's."""
        key = kind, owner if kind in OWNED else None
        if key not in self.accounts:
            content = {"kind": kind, "area_code": self.area, "owner_id": key[1] and self.owners[key[1]]}
            answer = self.admin.post(f"{BASE}/accounts", content)
            assert answer.status_code == 201, answer.text
            self.accounts[key] = answer.json()["id"]
        return self.accounts[key]

    def post(self, kind: str, source: str, target: str, minutes: int = 90, **more: Any) -> httpx2.Response:
        content = {"type": kind, "from_account_id": source, "to_account_id": target, "minutes": minutes, **more}
        return self.application.post(f"{BASE}/postings", content, Idempotency_Key=str(uuid.uuid4()))

    def batch(self, postings: list[dict[str, Any]], **more: Any) -> httpx2.Response:
        content = {"postings": postings, **more}
        return self.application.post(f"{BASE}/postings/batch", content, Idempotency_Key=str(uuid.uuid4()))

    def fill(self, account: str, kind: str, minutes: int = 300) -> None:
        """Bring minutes to an account from where they come from."""
        if kind in {"personal_available", "group", "pool"}:
            assert self.post("import", self.account("clearing"), account, minutes).status_code == 201
            return
        source = {"personal_hold": "personal_available", "pool_hold": "pool", "redeemed": "personal_available"}.get(kind)
        source = source or "personal_available"
        owner = next((owner for (of, owner), id_ in self.accounts.items() if id_ == account and of == kind), None)
        way = {"personal_hold": "hold", "pool_hold": "hold", "redeemed": "exchange", "retired": "expire"}[kind]
        between = self.account(source, owner or "whoever")
        self.fill(between, source, minutes)
        assert self.post(way, between, account, minutes).status_code == 201

    def balance(self, account: str, at: str | None = None) -> int:
        query = f"?at={at}" if at else ""
        answer = self.auditor.client.get(
            f"{BASE}/accounts/{account}/balance{query}", headers={"Authorization": f"Bearer {self.auditor.token}"}
        )
        assert answer.status_code == 200, answer.text
        minutes: int = answer.json()["balance_minutes"]
        return minutes

    def decide(self, by: Person, proposal: dict[str, Any], action: str, **content: Any) -> httpx2.Response:
        """Decide about a proposal."""
        path = f"{BASE}/proposals/{proposal['id']}/{action}"
        return by.post(path, content or None, Idempotency_Key=str(uuid.uuid4()))
