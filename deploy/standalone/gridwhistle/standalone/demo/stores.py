"""The demo county's stores (应急物资): what is kept where, how much there should be, and who asks for something."""

import datetime as dt
from typing import Any, Final

from gridwhistle.common.issuer import Issuer
from gridwhistle.standalone.demo import words
from gridwhistle.standalone.demo.lines import Call, Lines

BASE: Final = "/inventory/v1"
_COUNTY: Final = f"{words.COUNTY}000000"
TYPES: Final = (
    # code, name, unit, what a kit holds for how many people, each day, days it lasts, what the county should have
    ("1990100", "棉被", "床", "1", 1, False, 1_825, 250),
    ("1990200", "帐篷(12平方米)", "顶", "1", 4, False, 2_920, 63),
    ("1990300", "折叠床", "张", "1", 1, False, None, 250),
    ("1990400", "饮用水", "升", "4.5", 1, True, 365, 3_375),
    ("1990500", "方便食品", "份", "3", 1, True, 270, 2_250),
    ("1990600", "洗漱包", "套", "1", 1, False, 1_095, 250),
    ("1990700", "手电筒", "支", "1", 2, False, 1_825, 125),
    ("2990100", "排水泵", "台", None, None, False, None, 12),
)
_SOURCE: Final = "示例县应急物资储备规划(2026—2030)"
_STORE: Final = "示例县应急物资储备库"
_NEEDED: Final = ("1990100", "1990400")
"""What the examples of the guides need."""


class Stores:
    """Loads the stores. What is there is found again, so a load that was cut short goes on, and nothing is stored twice."""

    def __init__(self, call: Call, lines: Lines, issuer: Issuer) -> None:
        self._call, self._lines = call, lines
        roles = {"manager": "inventory_manager", "keeper": "warehouse_keeper", "shelter": "shelter_manager"}
        self._tokens = {who: issuer.token(f"demo-{role}", [role], [words.COUNTY]) for who, role in roles.items()}
        self._tokens["second"] = issuer.token("demo-second_warehouse_keeper", ["warehouse_keeper"], [words.COUNTY])
        self._types: dict[str, str] = {}
        self._points: dict[str, str] = {}
        self._lots: dict[str, dict[str, Any]] = {}

    async def settle(self) -> None:
        """Open the county's store, with what the examples of the guides need."""
        self._types = {line["code"]: line["id"] for line in await self._found("resource_types")}
        self._points = {line["name"]: line["id"] for line in await self._found("storage_points")}
        self._lots = {line["lot_no"]: line for line in await self._found("lots")}
        for line in TYPES:
            if line[0] in _NEEDED:
                await self._type(*line[:-1])
        await self._point(_STORE, _COUNTY, level="county", area_m2=720)
        await self._lot(_STORE, "1990100", "MB-2026-03", "180", 1_500, "示例纺织厂")
        await self._lot(_STORE, "1990400", "SH-2026-02", "600", 75, "示例饮料公司")

    async def fill(self) -> None:
        """Open the other stores, say what there should be, and let a shelter ask for something."""
        for line in TYPES:
            await self._type(*line[:-1])
        for number, (code, *_, required) in enumerate(TYPES):
            norm = {"area_code": _COUNTY, "type_id": self._types[code], "source_ref": _SOURCE, "required_qty": str(required)}
            await self._call(f"{BASE}/reserve_norms", f"norm-{number}", norm, self._tokens["manager"])
        for town in words.TOWNSHIPS[:3]:
            name = f"{town.name}物资储备点"
            await self._point(name, f"{town.code}000", level="town", area_m2=80)
            for code, qty, days in (("1990200", "20", 2_000), ("1990300", "90", None), ("1990700", "40", 900)):
                await self._lot(name, code, f"{town.code[-3:]}-{code}", qty, days, None)
        agreed = {"level": "enterprise", "mode": "agreed", "agreement_no": "XY-2026-017"}
        await self._point("示例超市代储点", words.COMMUNITY, **agreed)
        await self._lot("示例超市代储点", "1990500", "FB-2026-11", "1800", 60, "示例超市")
        if not await self._found("dispatch_orders"):
            await self._ask("1990400", "120")

    async def _found(self, things: str) -> list[dict[str, Any]]:
        return await self._lines.all(f"{BASE}/{things}", self._tokens["manager"])

    async def _type(
        self, code: str, name: str, unit: str, qty: str | None, persons: int | None, daily: bool, days: int | None
    ) -> None:
        if code in self._types:
            return
        content = {"area_code": _COUNTY, "code": code, "name": name, "unit": unit, "shelf_life_days": days}
        content |= {"kit_qty": qty, "kit_persons": persons, "is_daily": daily, "source_ref": _SOURCE}
        made = await self._call(f"{BASE}/resource_types", f"type-{code}", content, self._tokens["manager"])
        self._types[code] = made["id"]

    async def _point(self, name: str, area: str, **more: Any) -> None:
        if name not in self._points:
            content = {"area_code": area, "name": name, **more}
            made = await self._call(f"{BASE}/storage_points", f"point-{area}-{more['level']}", content, self._tokens["manager"])
            self._points[name] = made["id"]

    async def _lot(self, point: str, code: str, lot_no: str, qty: str, days: int | None, supplier: str | None) -> None:
        """Receive a lot, and have a second keeper inspect it."""
        key, made = f"lot-{lot_no}", self._lots.get(lot_no)
        if made is None:
            content = {"point_id": self._points[point], "type_id": self._types[code], "lot_no": lot_no, "qty": qty}
            content |= {"supplier": supplier} if supplier else {}
            if days:
                content["expires_on"] = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)).isoformat()
            made = await self._call(f"{BASE}/lots", key, content, self._tokens["keeper"])
        if made["state"] == "received":
            path = f"{BASE}/lots/{made['id']}/inspect_ok"
            await self._call(path, f"{key}-ok", {"counted_qty": made["qty"]}, self._tokens["second"])

    async def _ask(self, code: str, qty: str) -> None:
        """Let a shelter ask for something; somebody has to decide."""
        order: dict[str, Any] = {"area_code": words.COMMUNITY, "to_kind": "shelter", "to_name": "示例学校安置点"}
        order |= {"point_id": self._points[_STORE], "items": [{"type_id": self._types[code], "qty": qty}]}
        made = await self._call(f"{BASE}/dispatch_orders", "dispatch", order, self._tokens["shelter"])
        await self._call(f"{BASE}/dispatch_orders/{made['id']}/submit", "dispatch-submit", None, self._tokens["shelter"])
