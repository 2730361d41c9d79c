"""Shelters of a county of their own, for tests: who writes them down, who decides, who counts."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import Person, RunningSuite
from tests.counties import a_county

BASE = "/inventory/v1"
MIDDLE = (120.60, 30.60)
"""Beyond the demo county's grids, so that areas are said."""


def made(answer: Any) -> dict[str, Any]:
    """Return what was answered, which is no refusal."""
    assert answer.status_code in {200, 201}, answer.text
    content: dict[str, Any] = answer.json()
    return content


def code_of(answer: Any) -> str:
    """Return why something was refused."""
    assert answer.status_code >= 400, answer.text
    code: str = answer.json()["code"]
    return code


@dataclass
class County:
    """A county that no other test uses."""

    suite: RunningSuite
    code: str = field(default_factory=a_county)

    def somebody(self, role: str, area: str | None = None, subject: str | None = None) -> Person:
        return self.suite.somebody(role, area or self.code, subject=subject or f"{role}-{self.code}")

    @property
    def office(self) -> Person:
        return self.somebody("inventory_manager")

    @property
    def commander(self) -> Person:
        return self.somebody("emergency_commander")

    @property
    def manager(self) -> Person:
        return self.somebody("shelter_manager")

    def content(self, **more: Any) -> dict[str, Any]:
        """Return what a shelter is written down with."""
        point = {"lon": MIDDLE[0] + more.pop("east", 0.0), "lat": MIDDLE[1]}
        given = {
            "code": f"S-{uuid.uuid4().hex[:8]}",
            "name": "示例广场",
            "level": "village",
            "kind": "short_term",
            "space": "ground",
            "location": point,
            "area_code": f"{self.code}001001",
            "area_m2": 2_650,
            "address": "示例路 1 号",
        }
        return given | more

    def planned(self, **more: Any) -> str:
        """Write a shelter down; return its path."""
        return f"{BASE}/shelters/{made(self.office.post(f'{BASE}/shelters', self.content(**more)))['id']}"

    def ready(self, **more: Any) -> str:
        path = self.planned(**more)
        made(self.office.post(f"{path}/accept"))
        return path

    def standby(self, **more: Any) -> str:
        path = self.ready(**more)
        made(self.commander.post(f"{path}/stand_by", {}))
        return path

    def opened(self, **more: Any) -> str:
        path = self.standby(**more)
        made(self.manager.post(f"{path}/open", {"route": "示例路向东"}))
        return path

    def count(self, path: str, action: str, total: int, **groups: Any) -> Any:
        return self.manager.post(f"{path}/{action}", {"total": total, **groups}, Idempotency_Key=str(uuid.uuid4()))
