"""A county's store with its people, as tests need them: two keepers, two managers, a commander."""

import datetime as dt
import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.conftest import Person, RunningSuite

BASE = "/inventory/v1"
TODAY = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()
_NUMBERS = itertools.count(1)


def made(answer: httpx2.Response) -> dict[str, Any]:
    """Return what came into being or changed."""
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content


def said(answer: httpx2.Response) -> str:
    """Return the state that something came to, or why it was refused."""
    content = answer.json()
    return str(content["code"] if answer.status_code >= 400 else content["state"])


def in_days(days: int) -> str:
    """Return a day from today on."""
    return (TODAY + dt.timedelta(days=days)).isoformat()


@dataclass
class Store:
    """A storage point of a county, and whoever works there."""

    suite: RunningSuite
    county: str = "990401"
    point_id: str = field(init=False)
    type_id: str = field(init=False)

    def __post_init__(self) -> None:
        self.keeper, self.second, self.manager, self.deputy, self.commander = (
            self.somebody(role, f"{role}-{number}")
            for role, number in (
                ("warehouse_keeper", 1),
                ("warehouse_keeper", 2),
                ("inventory_manager", 1),
                ("inventory_manager", 2),
                ("emergency_commander", 1),
            )
        )
        self.point_id = self.point()
        self.type_id = self.type()

    def somebody(self, role: str, subject: str, area: str | None = None) -> Person:
        """Return somebody who works here."""
        return self.suite.somebody(role, area or self.county, subject=f"{self.county}-{subject}")

    def do(self, who: Person, path: str, content: Any = None, key: str | None = None) -> httpx2.Response:
        """Do something, under a key."""
        return who.post(f"{BASE}/{path}", content, Idempotency_Key=key or str(uuid.uuid4()))

    def point(self, **more: Any) -> str:
        """Open a storage point."""
        point = {"area_code": f"{self.county}001001", "name": f"示例库{next(_NUMBERS)}", "level": "county", **more}
        return str(made(self.do(self.manager, "storage_points", point))["id"])

    def type(self, **more: Any) -> str:
        """Add a type of supplies."""
        kind = {"area_code": f"{self.county}000000", "name": "棉被", "unit": "床", **more}
        for number in itertools.count(1):
            code = f"{(number - 1) // 98 + 1}99{(number - 1) % 98 + 1:02}00"
            answer = self.do(self.manager, "resource_types", {**kind, "code": code})
            if answer.status_code != 409:  # it is the county's already
                break
        return str(made(answer)["id"])

    def received(self, qty: str = "10", **more: Any) -> dict[str, Any]:
        """Receive a lot that nobody has inspected."""
        lot = {"point_id": self.point_id, "type_id": self.type_id, "lot_no": f"L-{next(_NUMBERS)}", "qty": qty, **more}
        return made(self.do(self.keeper, "lots", lot))

    def lot(self, qty: str = "10", **more: Any) -> str:
        """Receive a lot, and have it inspected."""
        id_ = str(self.received(qty, **more)["id"])
        made(self.do(self.second, f"lots/{id_}/inspect_ok", {"counted_qty": qty}))
        return id_

    def read(self, path: str) -> dict[str, Any]:
        """Read something as a manager."""
        return made(self.manager.get(f"{BASE}/{path}"))

    def left(self, lot_id: str) -> tuple[str, str]:
        """Return how much there is of a lot, and how much of it is promised."""
        lot = self.read(f"lots/{lot_id}")
        return lot["qty"], lot["reserved_qty"]
