"""The demo county in an emergency (应急): its shelters and support points, its teams, and who helps besides."""

from typing import Any, Final

from gridwhistle.common.issuer import Issuer
from gridwhistle.standalone.demo import words
from gridwhistle.standalone.demo.county import EXAMPLES, County, Grid, middle
from gridwhistle.standalone.demo.lines import Call, Lines

BASE: Final = "/inventory/v1"
_COUNTY: Final = f"{words.COUNTY}000000"
_SCHOOL, _SQUARE, _STADIUM = ("short_term", "building", 2_650), ("emergency", "ground", 900), ("central", "ground", 48_000)
SUPPORT: Final = (
    ("water", "应急供水点", 20_000, None),
    ("power", "应急供电点", 120, 8),
    ("lighting", "应急照明点", 40, None),
    ("food", "临时供餐点", 1_500, None),
    ("lodging", "临时安置酒店", 160, None),
)
HELPERS: Final = (
    ("示例县蓝天救援协会", [{"kind": "boats", "quantity": 6}, {"kind": "people", "quantity": 40}], 60),
    ("示例县心理援助志愿服务中心", [{"kind": "psychology", "quantity": 12}], 240),
    ("示例县工程机械商会", [{"kind": "excavators", "quantity": 9}, {"kind": "pumps", "quantity": 15}], 120),
)


class Emergency:
    """Loads what a county has for an emergency. Every call carries a key, so a load that was cut short goes on."""

    def __init__(self, call: Call, lines: Lines, issuer: Issuer, county: County) -> None:
        self._call, self._lines, self._county = call, lines, county
        self._there: set[str] = set()
        self._office = issuer.token("demo-inventory_manager", ["inventory_manager"], [words.COUNTY])
        self._grids: dict[str, Grid] = {}
        for grid in county.grids:
            self._grids.setdefault(grid.grid_code[:12], grid)

    async def settle(self) -> None:
        """Load what the examples of the guides need: three shelters of a community, water, and a team."""
        await self._find()
        for number, grid in enumerate((grid for grid in self._county.grids if grid.grid_code in EXAMPLES), 1):
            kind, name = ((_SCHOOL, "示例学校"), (_SQUARE, "示例广场"), (_SQUARE, "湖滨绿地"))[number - 1]
            await self._shelter(f"990101-{number:04}", name, grid, kind)
        await self._support(words.TOWN, "望湖街道", self._grids[words.COMMUNITY], SUPPORT[:1])
        await self._team("示例社区志愿救援队", "volunteer", "village", words.COMMUNITY, "demo-team_leader")

    async def fill(self) -> None:
        """Load the shelters, the support points and the teams of the whole county, and who helps besides."""
        await self._find()
        names = {area.area_code: area.name for area in self._county.areas}
        for number, (area, grid) in enumerate(sorted(self._grids.items()), 101):
            name = names[area]
            if area != words.COMMUNITY:
                await self._shelter(f"990101-{number:04}", f"{name}广场", grid, _SQUARE)
                await self._team(f"{name}志愿救援队", "volunteer", "village", area)
        for number, town in enumerate(words.TOWNSHIPS, 1):
            seat = self._grids[f"{town.code}{town.first:03}"]
            kind = _STADIUM if number == 1 else _SCHOOL
            await self._shelter(f"990101-{number:04}T", f"{town.name}中心{'体育场' if number == 1 else '学校'}", seat, kind)
            await self._support(town.code, town.name, seat, SUPPORT)
            await self._team(f"{town.name}应急救援队", "professional", "township", f"{town.code}000")
        await self._team("示例县综合性消防救援队", "professional", "county", _COUNTY)
        await self._team("示例县应急骨干队", "leading", "county", _COUNTY)
        for number, (name, gives, ready_minutes) in enumerate(HELPERS):
            if f"social_organisations {name}" in self._there:
                continue
            content = {"name": name, "area_code": _COUNTY, "gives": gives, "ready_minutes": ready_minutes}
            content["called_by"] = "县应急管理局书面邀请,负责人确认后出动"
            await self._call(f"{BASE}/social_organisations", f"helper-{number}", content, self._office)

    async def _find(self) -> None:
        """Find what is there already, by its name: keys are known for a week, and a county is started for longer."""
        for things in ("support_points", "response_teams", "social_organisations"):
            self._there |= {f"{things} {line['name']}" for line in await self._lines.all(f"{BASE}/{things}", self._office)}

    async def _shelter(self, code: str, name: str, grid: Grid, kind: tuple[str, str, int]) -> None:
        lon, lat = middle(grid)
        content = {"code": code, "name": name, "level": "village", "kind": kind[0], "space": kind[1], "area_m2": kind[2]}
        content |= {"location": {"lon": lon, "lat": lat}, "area_code": grid.grid_code[:12], "services": ["water", "toilet"]}
        content |= {"address": f"{name}内", "route": f"沿主路至{name},按指示牌进入"}
        made = await self._call(f"{BASE}/shelters", f"shelter-{code}", content, self._office)
        if "id" in made:
            await self._call(f"{BASE}/shelters/{made['id']}/accept", f"shelter-{code}-accept", None, self._office)

    async def _support(self, town: str, name: str, grid: Grid, points: tuple[Any, ...]) -> None:
        lon, lat = middle(grid)
        for kind, called, capacity, fuel_hours in points:
            if f"support_points {name}{called}" in self._there:
                continue
            content = {"kind": kind, "name": f"{name}{called}", "capacity": capacity, "fuel_hours": fuel_hours}
            content |= {"location": {"lon": lon, "lat": lat}, "area_code": grid.grid_code[:12], "address": f"{name}中心街"}
            await self._call(f"{BASE}/support_points", f"support-{town}-{kind}", content, self._office)

    async def _team(self, name: str, kind: str, level: str, area: str, leader: str | None = None) -> None:
        if f"response_teams {name}" in self._there:
            return
        content: dict[str, Any] = {"name": name, "kind": kind, "level": level, "area_code": area, "skills": ["flood", "rescue"]}
        content["leader_id"] = leader or f"demo-leader-{area}-{kind}"
        content["ready_minutes"] = {"county": 10, "township": 20, "village": 30}[level]
        key = f"team-{area}-{kind}"
        made = await self._call(f"{BASE}/response_teams", key, content, self._office)
        for number in range(3 if "id" in made else 0):
            called = words.SURNAMES[(len(name) + number) % 40] + words.GIVEN[number]
            member: dict[str, Any] = {"name": called, "phone": f"1380002{number:04}"}
            member |= {"is_adult": True, "insured_until": "2030-12-31", "training": ["first_aid"]}
            path = f"{BASE}/response_teams/{made['id']}/join"
            await self._call(path, f"{key}-{number}", member, self._office)
