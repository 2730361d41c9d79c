"""The demo county's time bank (时间银行): its books, its station, who serves and is served, and a month of services."""

import datetime as dt
import random
from dataclasses import dataclass
from typing import Any, Final

from gridwhistle.common.issuer import Issuer
from gridwhistle.common.principal import HISTORY
from gridwhistle.standalone.demo import words
from gridwhistle.standalone.demo.lines import KEYS_KEPT, Call, Lines

BASE: Final = "/timebank/v1"
COUNTY: Final = f"{words.COUNTY}000000"
_KINDS: Final = (
    ("keeping_company", "陪伴聊天", 120, False),
    ("errands", "代办代购", 120, True),
    ("going_along", "陪同就医", 240, False),
    ("tidying_up", "居家整理", 120, False),
    ("patrol", "平安巡防", 240, False),
    ("reading_aloud", "读报读信", 60, True),
)
_SERVICES: Final = 48
_ADDRESS: Final = "望湖街道示例社区幸福里{}栋{}0{}室"


@dataclass(frozen=True)
class Somebody:
    """A participant, as the demo knows them again: by the end of their telephone number, which is all that a list shows."""

    phone: str
    name: str
    kind: str
    birth_year: int

    @property
    def masked(self) -> str:
        """The number as a list shows it."""
        return f"{self.phone[:3]}****{self.phone[-4:]}"


def _people(kind: str, first: int, count: int, birth_year: int) -> tuple[Somebody, ...]:
    names = (words.SURNAMES[(7 * n + first) % 40] + words.GIVEN[(5 * n + first) % 36] for n in range(count))
    return tuple(Somebody(f"138000{first + n:05}", name, kind, birth_year + n) for n, name in enumerate(names))


VOLUNTEERS: Final = _people("both", 11001, 14, 1968)
ELDERS: Final = _people("beneficiary", 12001, 10, 1936)
EXAMPLES: Final = {"volunteer": VOLUNTEERS[0], "volunteer_2": VOLUNTEERS[1], "elder": ELDERS[0]}
"""Whose tokens a start writes down, by their names."""


class Bank:
    """Loads the time bank. Every call carries a key, and what is there is found again, so a load that was cut short goes on."""

    def __init__(self, call: Call, lines: Lines, issuer: Issuer) -> None:
        self._call, self._lines, self._issuer = call, lines, issuer
        self.ids: dict[str, str] = {}

    # --- what a start needs --------------------------------------------------------------------------------------------------

    async def settle(self) -> dict[str, str]:
        """Open the books and a station, register the people of the examples; return their tokens by name."""
        admin = self._office("timebank_admin")
        opened = {
            kind: await self._call(f"{BASE}/accounts", f"bank-{kind}", {"kind": kind, "area_code": COUNTY}, admin)
            for kind in ("issuance", "pool", "pool_hold", "clearing")
        }
        if "id" in opened["pool"]:
            await self._grant(opened["issuance"]["id"], opened["pool"]["id"])
        for code, name, most, minors in _KINDS:
            kind = {"service_code": code, "area_code": COUNTY, "name": name, "max_minutes": most, "minors_allowed": minors}
            await self._call(f"{BASE}/service_kinds", f"bank-kind-{code}", kind, admin)
        station = {"name": "示例社区时间银行网点", "area_code": words.COMMUNITY, "hours": "周一至周五 08:30-17:00"}
        await self._call(f"{BASE}/stations", "bank-station", station, admin)
        await self._find()
        for somebody in EXAMPLES.values():
            await self._register(somebody)
        roles = {"volunteer": "volunteer", "volunteer_2": "volunteer", "elder": "resident"}
        return {
            name: self._issuer.token(self.ids[somebody.masked], [roles[name]], [words.COUNTY])
            for name, somebody in EXAMPLES.items()
        }

    async def _grant(self, issuance: str, pool: str) -> None:
        """Let two persons grant the pool two thousand hours."""
        grant = {"from_account_id": issuance, "to_account_id": pool, "minutes": 120_000}
        grant |= {"resolution_ref": "示例县民〔2026〕12号", "reason": "年度拨付"}
        made = await self._call(f"{BASE}/grants", "bank-grant", grant, self._office("timebank_admin"))
        second = self._office("timebank_admin", "demo-second_timebank_admin")
        await self._call(f"{BASE}/proposals/{made['id']}/approve", "bank-approve", None, second)

    async def _find(self) -> None:
        """Find who is registered already."""
        self.ids |= {line["phone"]: line["id"] for line in await self._all("participants")}

    async def _all(self, things: str) -> list[dict[str, Any]]:
        """Return what a clerk of the station finds in a list."""
        return await self._lines.all(f"{BASE}/{things}", self._office("station_clerk"))

    async def _register(self, somebody: Somebody) -> None:
        if somebody.masked in self.ids:
            return
        content = {
            "kind": somebody.kind,
            "area_code": words.COMMUNITY,
            "name": somebody.name,
            "phone": somebody.phone,
            "real_name_token": f"demo-rn-{somebody.phone}",
            "birth_year": somebody.birth_year,
            "insured_until": "2030-12-31",
        }
        clerk = self._office("station_clerk")
        made = await self._call(f"{BASE}/participants", f"bank-person-{somebody.phone}", content, clerk)
        self.ids[somebody.masked] = made["id"]
        if somebody.kind == "beneficiary":
            entitled = {"category": "key_lonely_elderly", "valid_until": "2030-12-31"}
            path = f"{BASE}/participants/{made['id']}/entitlements"
            await self._call(path, f"bank-entitled-{somebody.phone}", entitled, clerk)

    # --- a month of services -------------------------------------------------------------------------------------------------

    async def fill(self, began: dt.datetime) -> None:
        """Load the other people, what they did for each other, and a team."""
        for somebody in (*VOLUNTEERS, *ELDERS):
            await self._register(somebody)
        is_old = dt.datetime.now(dt.UTC) - began > KEYS_KEPT
        there = {dt.datetime.fromisoformat(line["start_at"]) for line in await self._all("orders")} if is_old else set()
        for number in range(_SERVICES):
            await self._serve(number, began, there)
        if not (is_old and await self._all("teams")):
            await self._team(began)

    async def _serve(self, number: int, began: dt.datetime, there: set[dt.datetime]) -> None:
        """Load one service, as far as it has come, unless one that begins then is there."""
        lots = random.Random(f"bank {number}")  # noqa: S311  the same county every time
        elder, volunteer = self.ids[lots.choice(ELDERS).masked], lots.choice(VOLUNTEERS)
        code, _, most, _ = lots.choice(_KINDS[:4])
        far = 26 + number * 14  # hours ago
        outcome = ("settled", "settled", "settled", "rated", "disputed", "cancelled", "refused", "settled")[number % 8]
        if number < 6:  # noqa: PLR2004  what is still to come
            far, outcome = (
                -30 - 5 * number,
                ("requested", "published", "claimed", "confirmed", "published", "requested")[number],
            )
        agreed = lots.choice((60, 90, 120)) if most > 60 else 60  # noqa: PLR2004  an hour
        start = began - dt.timedelta(hours=far)
        if start in there or (far < 0 and start < dt.datetime.now(dt.UTC) + dt.timedelta(hours=3)):
            return  # or the load goes on so late that it is not to come any more
        wish = {
            "service_code": code,
            "beneficiary_id": elder,
            "area_code": words.COMMUNITY,
            "grid_code": f"{words.COMMUNITY}001",
            "address": _ADDRESS.format(lots.randrange(1, 9), lots.randrange(1, 7), lots.randrange(1, 5)),
            "point": {"lon": words.INSIDE[0], "lat": words.INSIDE[1]},
            "start_at": start.isoformat(),
            "end_at": (start + dt.timedelta(minutes=agreed + 60)).isoformat(),
            "agreed_minutes": agreed,
        }
        await self._steps(number, wish, volunteer, outcome, far, agreed + lots.choice((-20, -5, 0, 10, 25)))

    async def _steps(
        self, number: int, wish: dict[str, Any], volunteer: Somebody, outcome: str, far: float, minutes: int
    ) -> None:
        past = far > 0
        clerk, serves = self._office("station_clerk", past=past), self._volunteer(volunteer, past=past)

        async def take(name: str, path: str, content: dict[str, Any] | None, who: str, hours_before: float) -> dict[str, Any]:
            ago = far + hours_before if past else None
            return await self._call(f"{BASE}/{path}", f"bank-{number}-{name}", content, who, ago)

        order = await take("request", "orders", wish, clerk, 30)
        if "id" not in order or outcome == "requested":
            return
        if outcome == "refused":
            why = {"reason_code": "risk_too_high", "reason": "需专业护理，请联系社区卫生服务中心"}
            await take("refuse", f"orders/{order['id']}/refuse", why, clerk, 29)
            return
        await take("publish", f"orders/{order['id']}/publish", {}, clerk, 28)
        if outcome == "published":
            return
        claim = await take("claim", f"orders/{order['id']}/claim", None, serves, 20)
        if "id" not in claim or outcome == "claimed":
            return
        path = f"claims/{claim['id']}"
        confirmed = await take("confirm", f"{path}/confirm", {}, clerk, 18)
        if outcome == "confirmed":
            return
        if outcome == "cancelled":
            await take("cancel", f"{path}/cancel", {"reason": "老人临时住院"}, clerk, 5)
            return
        near = {"lon": words.INSIDE[0] + 0.0005, "lat": words.INSIDE[1]}
        await take("check_in", f"{path}/check_in", {"pin": confirmed["pin"], "point": near}, serves, 0)
        await take("check_out", f"{path}/check_out", {"point": near}, serves, -minutes / 60)
        # With its clock: what lies long enough back is closed by itself, and its minutes can be spent.
        await take("settle", f"{path}/settle", {}, self._office("station_clerk"), -minutes / 60 - 1)
        if outcome == "rated":
            rating = {"stars": 5, "tags": ["on_time", "kind"]}
            await take("rate", f"{path}/rate", rating, clerk, -minutes / 60 - 2)
        if outcome == "disputed" and far < 240:  # noqa: PLR2004  hours in which it may be
            what = {"kind": "duration", "reason": "实际服务时间较短"}
            await take("dispute", f"{path}/dispute", what, self._office("station_clerk"), -minutes / 60 - 3)

    async def _team(self, began: dt.datetime) -> None:
        """Load a team that went on patrol."""
        leader, *others = VOLUNTEERS[:4]
        clerk, leads = self._office("station_clerk", past=True), self._volunteer(leader, past=True)
        founded = {"name": "示例社区平安志愿队", "area_code": words.COMMUNITY, "leader_id": self.ids[leader.masked]}
        team = await self._call(f"{BASE}/teams", "bank-team", founded, clerk, 70)
        if "id" not in team:
            return
        for other in others:
            path, who = f"{BASE}/teams/{team['id']}", {"participant_id": self.ids[other.masked]}
            await self._call(f"{path}/join", f"bank-join-{other.phone}", None, self._volunteer(other, past=True), 66)
            await self._call(f"{path}/welcome", f"bank-welcome-{other.phone}", who, leads, 65)
        start = began - dt.timedelta(hours=50)
        plan = {"team_id": team["id"], "name": "夜间平安巡逻", "service_code": "patrol", "start_at": start.isoformat()}
        plan |= {"end_at": (start + dt.timedelta(hours=2)).isoformat()}
        activity = await self._call(f"{BASE}/activities", "bank-activity", plan, leads, 60)
        path = f"{BASE}/activities/{activity.get('id')}"
        present = [{"participant_id": self.ids[one.masked], "minutes": 110} for one in (leader, *others)]
        await self._call(f"{path}/call_roll", "bank-roll", {"present": present}, leads, 47)
        await self._call(f"{path}/confirm_roll", "bank-roll-confirmed", {}, clerk, 40)

    # --- who calls -----------------------------------------------------------------------------------------------------------

    def _office(self, role: str, subject: str | None = None, *, past: bool = False) -> str:
        area = words.COUNTY if role == "timebank_admin" else words.TOWN
        return self._issuer.token(subject or f"demo-{role}", [role], [area], scope=HISTORY if past else "")

    def _volunteer(self, somebody: Somebody, *, past: bool) -> str:
        return self._issuer.token(self.ids[somebody.masked], ["volunteer"], [words.COUNTY], scope=HISTORY if past else "")
