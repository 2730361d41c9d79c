"""Loads the demo county through the API: what a start needs first, its people and a month of reports behind it."""

import asyncio
import base64
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from gridwhistle.common.issuer import Issuer
from gridwhistle.incidents.refusals import FoundInTheFuture
from gridwhistle.standalone.demo import words
from gridwhistle.standalone.demo.bank import Bank
from gridwhistle.standalone.demo.county import EXAMPLES, Area, County, Grid, Organisation, Report, Worker, middle
from gridwhistle.standalone.demo.disputes import Disputes
from gridwhistle.standalone.demo.emergency import Emergency
from gridwhistle.standalone.demo.lines import Lines
from gridwhistle.standalone.demo.stores import Stores

_AT_ONCE: Final = 12
_ON_FILE_SINCE: Final = "2026-01-01T00:00:00+08:00"
"""The grids of the county were agreed and filed before anybody reported anything."""
_PAUSES_S: Final = (0.1, 0.5, 2.0)
_THERE: Final = frozenset({200, 201, 409})
_LATER: Final = frozenset({429, 503})
_GREY: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAAAAACMmsGiAAAAEUlEQVR42mM8wcDAwMSAQgAADzwA0J7hwMEAAAAASUVORK5CYII="
)
T = TypeVar("T")


@dataclass(frozen=True)
class Person:
    """Somebody whom a development token speaks for."""

    role: str
    area: str
    org: str | None = None


PEOPLE: Final = {
    "county_admin": Person("county_admin", words.COUNTY),
    "resident": Person("resident", words.COUNTY),
    "community_admin": Person("community_admin", words.COMMUNITY),
    "town_acceptor": Person("town_acceptor", words.TOWN),
    "town_dispatcher": Person("town_dispatcher", words.TOWN),
    "town_leader": Person("town_leader", words.TOWN),
    "grid_leader": Person("grid_leader", words.COMMUNITY),
    "hotline_desk": Person("hotline_desk", words.COUNTY),
    "county_duty": Person("county_duty", words.COUNTY),
    "dept_desk": Person("dept_desk", words.COUNTY, words.WATER),
    "dept_handler": Person("dept_handler", words.COUNTY, words.WATER),
    "dept_leader": Person("dept_leader", words.COUNTY, words.WATER),
    "station_clerk": Person("station_clerk", words.TOWN),
    "mediation_chair": Person("mediation_chair", words.TOWN),
    "judicial_office": Person("judicial_office", words.TOWN),
    "privacy_officer": Person("privacy_officer", words.COUNTY),
    "timebank_admin": Person("timebank_admin", words.COUNTY),
    "second_timebank_admin": Person("timebank_admin", words.COUNTY),
    **{
        name: Person(name, words.COUNTY)
        for name in (
            *("warehouse_keeper", "inventory_manager", "shelter_manager", "team_leader"),
            *("emergency_commander", "deputy_commander", "office_director"),
        )
    },
    "second_warehouse_keeper": Person("warehouse_keeper", words.COUNTY),
    "second_inventory_manager": Person("inventory_manager", words.COUNTY),
    "disaster_info_officer": Person("disaster_info_officer", words.TOWN),
    **{name: Person("dispute_panel", words.COUNTY) for name in ("dispute_panel", "dispute_panel_2", "dispute_panel_3")},
}


class NotLoaded(RuntimeError):
    """The suite refused a call of ours; the message says which."""


class Loader:
    """Loads the county into a suite. Every call carries a key, so that a load that was cut short goes on where it stood."""

    def __init__(self, lines: Lines, issuer: Issuer, county: County) -> None:
        self._lines, self._issuer, self._county = lines, issuer, county
        self._tokens: dict[tuple[str, ...], str] = {}
        self._bank = Bank(self._call, lines, issuer)
        self._disputes = Disputes(self._call, lines, issuer)
        self._emergency = Emergency(self._call, lines, issuer, county)
        self._stores = Stores(self._call, lines, issuer)
        self._began: dt.datetime  # what the days are counted back from; a load that goes on says the same times again

    @classmethod
    @asynccontextmanager
    async def of(cls, base_url: str, issuer: Issuer, county: County) -> "AsyncIterator[Loader]":
        """Return the loader for a suite."""
        async with Lines.to(base_url, _AT_ONCE) as lines:
            yield cls(lines, issuer, county)

    # --- what a start needs --------------------------------------------------------------------------------------------------

    async def settle(self) -> dict[str, str]:
        """Load areas, organisations, grids and the workers of the examples, unless they are there; return tokens by name."""
        examples = [worker for worker in self._county.workers if worker.grid_code in EXAMPLES]
        there = await self._workers(words.COMMUNITY)
        if not all((worker.area_code, worker.name) in there for worker in examples):
            for level in ("county", "township", "community"):
                await _each([area for area in self._county.areas if area.level == level], self._area)
            await _each(self._county.organisations, self._organisation)
            await _each(self._county.grids, self._grid)
            for worker in examples:
                there[worker.area_code, worker.name] = await self._hire(worker)
        await self._call("/incidents/v1/categories/start", f"catalogue-{words.COUNTY}", {"county_code": words.COUNTY})
        await self._grids_known()
        tokens = {
            name: self._issuer.token(f"demo-{name}", [person.role], [person.area], org=person.org)
            for name, person in PEOPLE.items()
        }
        for worker in examples:
            name = "grid_worker" if worker.grid_code == EXAMPLES[0] else f"grid_worker_{worker.grid_code[-3:]}"
            worker_id = there[worker.area_code, worker.name]
            tokens[name] = self._issuer.token(worker_id, ["grid_worker"], [worker.grid_code])
        await self._emergency.settle()
        await self._stores.settle()
        return tokens | await self._bank.settle() | await self._disputes.settle()

    async def _area(self, area: Area) -> None:
        content = {"area_code": area.area_code, "level": area.level, "name": area.name}
        await self._call("/personnel/v1/areas", f"area-{area.area_code}", content)

    async def _organisation(self, made: Organisation) -> None:
        content = {"org": made.org, "area_code": made.area_code, "name": made.name, "kind": made.kind}
        await self._call("/personnel/v1/organisations", f"organisation-{made.org}", content)

    async def _grid(self, grid: Grid) -> None:
        content = {name: getattr(grid, name) for name in ("grid_code", "name", "kind", "households", "boundary")}
        content["filed_at"] = _ON_FILE_SINCE
        await self._call("/personnel/v1/grids", f"grid-{grid.grid_code}", content)

    async def _grids_known(self) -> None:
        """Wait until the incidents service has heard of every grid, a few seconds at most.

        Reports from tomorrow tell: where their grid is known, what is wrong with them is the day, and none is taken in.
        """
        tomorrow = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()
        places = [middle(grid) for grid in self._county.grids]
        reports = [{"title": "?", "location": {"lon": lon, "lat": lat}, "found_at": tomorrow} for lon, lat in places]
        for _ in range(20):
            answer = await self._call("/incidents/v1/incidents/batch", None, {"reports": reports})
            if all(result["code"] == FoundInTheFuture.code for result in answer["results"]):
                return
            await asyncio.sleep(0.25)

    # --- its people and its days ---------------------------------------------------------------------------------------------

    async def is_whole(self) -> bool:
        """Tell whether the last report is there, and so everything."""
        tomorrow = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()
        last = self._content_of(self._county.reports[-1]) | {"found_at": tomorrow}
        code: str = (await self._call("/incidents/v1/incidents", None, last))["code"]
        return code != FoundInTheFuture.code

    async def fill(self, told: Callable[[int, int], None]) -> None:
        """Load the workers, their shifts and the reports with what became of them; `told` hears how many of how many.

        Raises:
            NotLoaded: a call was refused. What is there stays, and the next start goes on.
        """
        people = self._county.workers
        *reports, last = self._county.reports
        done, total = 0, len(people) + len(reports) + 1

        async def counted(work: Callable[[T], Awaitable[Any]], thing: T) -> None:
            nonlocal done
            await work(thing)
            done += 1
            told(done, total)

        there = await self._workers(words.COUNTY)
        self._began = _made_at(next(there[it.area_code, it.name] for it in people if it.grid_code in EXAMPLES))
        await _each(people, lambda worker: counted(lambda it: self._work(it, there), worker))
        await _each(reports, lambda report: counted(self._report, report))
        await self._bank.fill(self._began)
        await self._disputes.fill(self._began)
        await self._emergency.fill()
        await self._stores.fill()
        await counted(self._report, last)

    async def _workers(self, area: str) -> dict[tuple[str, str], str]:
        """Return the ids of the workers of an area, by community and name."""
        lines = await self._lines.all("/personnel/v1/workers", self._token("county_admin", area))
        return {(line["area_code"], line["name"]): line["id"] for line in lines}

    async def _work(self, worker: Worker, there: dict[tuple[str, str], str]) -> None:
        worker_id = there.get((worker.area_code, worker.name)) or await self._hire(worker)
        if worker.hours_on_shift is not None:
            bearer = self._token("grid_worker", worker.grid_code, subject=worker_id)
            key = f"shift-{worker_id}"
            await self._call("/personnel/v1/shifts", key, {"grid_code": worker.grid_code}, bearer, worker.hours_on_shift)

    async def _hire(self, worker: Worker) -> str:
        content = {name: getattr(worker, name) for name in ("name", "area_code", "employment", "org")}
        made: str = (await self._call("/personnel/v1/workers", f"worker-{worker.grid_code}-{worker.employment}", content))["id"]
        duty = {"grid_code": worker.grid_code, "duty": worker.duty}
        await self._call(f"/personnel/v1/workers/{made}/assignments", f"assignment-{made}", duty)
        return made

    async def _report(self, report: Report) -> None:
        bearers, contents = self._bearers_of(report), self._contents_of(report)
        path, incident = "/incidents/v1/incidents", {"id": "", "checker_id": None}
        for number, (step, hours_ago) in enumerate(zip(report.steps, report.hours_ago, strict=True)):
            bearer = bearers.get(step, bearers["report"])
            if step == "resolve_on_spot":
                contents[step]["attachment_ids"] = [await self._picture(report, kind, bearer) for kind in ("before", "after")]
            if step in {"checked", "check_failed"}:
                checker = await self._checker(f"{path}/{incident['id']}", bearer)
                if checker is None:
                    return  # nobody is on shift there any more: it waits, as it would
                bearer = self._token("grid_worker", report.grid_code, subject=checker)
            to = path if step == "report" else f"{path}/{incident['id']}/{step}"
            key = f"report-{report.number}-{step}" + ("-again" if step in report.steps[:number] else "")
            taken = await self._call(to, key, contents.get(step), bearer, hours_ago)
            if step == "order_check" and "id" not in taken:
                continue  # of what lies days back the check is ordered by itself
            if "id" not in taken:
                return  # there since longer than keys are known
            incident = taken

    def _bearers_of(self, report: Report) -> dict[str, str]:
        """Return who takes which step; the township's acceptor takes those that are not named."""
        town, org = report.grid_code[:9], report.trouble.lead_org
        handler = self._token("dept_handler", words.COUNTY, org=org)
        desk, leader = (self._token(role, words.COUNTY, org=org) for role in ("dept_desk", "dept_leader"))
        dispatcher = self._token("town_dispatcher", town)
        return {
            "report": self._token("town_acceptor", town),
            **dict.fromkeys(("dispatch", "deny_objection", "approve"), dispatcher),
            **dict.fromkeys(("sign", "object"), desk),
            **dict.fromkeys(("submit", "request_extension", "request_suspension"), handler),
            **dict.fromkeys(("confirm", "endorse"), leader),
            "void": self._token("town_leader", town),
            "contest": self._token("hotline_desk", words.COUNTY),
            "resolve_on_spot": self._token("grid_worker", report.grid_code),
        }

    def _contents_of(self, report: Report) -> dict[str, dict[str, Any]]:
        """Return what is sent with which step."""
        org, nothing = report.trouble.lead_org, ("accept", "contest", "endorse", "approve", "void", "order_verification")
        return {
            **{step: {} for step in nothing},
            "report": self._content_of(report),
            "reject": {"reason_code": "nothing_there", "reason": "现场未见所述情况"},
            "redirect": {"reason_code": "lawful_channel", "sent_to": "arbitration", "reason": "劳动报酬争议，请申请劳动仲裁"},
            "resolve_on_spot": {"category": report.trouble.category, "result": report.trouble.result},
            "ask_void": {"reason_code": "entered_twice", "reason": "同一来电录入两次"},
            "file": {"category": report.trouble.category},
            "dispatch": {"lead_org": org},
            "object": {"reason_code": "not_our_duty", "reason": "该设施由产权单位维护"},
            "deny_objection": {"reason": "属你单位职责"},
            "sign": {"handler_id": f"demo-dept_handler-{org}"},
            "request_extension": {"reason_code": "material", "reason": "配件在途"},
            "request_suspension": {"reason_code": "engineering", "reason": "列入下一季度工程", "days": 90},
            "submit": {"result": report.trouble.result},
            "checked": {"reason": "现场查看，已处置到位"},
            "check_failed": {"reason": "现场查看，仍未处置到位"},
            "close": {"reason": "处置到位，予以结案"},
        }

    async def _picture(self, report: Report, kind: str, bearer: str) -> str:
        """Send a picture, grey as paper, and return its id."""
        key, path = f"report-{report.number}-picture-{kind}", f"/incidents/v1/attachments?kind={kind}"
        sent: str = (await self._call(path, key, _GREY, bearer, media_type="image/png"))["id"]
        return sent

    async def _checker(self, path: str, bearer: str) -> str | None:
        """Return the worker whom the check was given to; the incidents service may still be hearing of shifts."""
        for _ in range(40):
            incident = await self._lines.get(path, {"Authorization": f"Bearer {bearer}"})
            if incident["checker_id"] or incident["state"] != "checking":
                break
            await asyncio.sleep(0.25)
        checker: str | None = incident["checker_id"]
        return checker

    @staticmethod
    def _content_of(report: Report) -> dict[str, Any]:
        return {
            "title": report.title,
            "source": report.source,
            "urgency": report.trouble.urgency,
            "location": {"lon": report.lon, "lat": report.lat, "address_text": report.address_text},
            "reference": {"system": "demo", "code": f"{report.number:04}"},
        }

    # --- calls ---------------------------------------------------------------------------------------------------------------

    def _token(self, role: str, area: str, *, subject: str | None = None, org: str | None = None) -> str:
        held = (role, area, subject or f"demo-{role}-{org or area}", org or "")
        if held not in self._tokens:
            self._tokens[held] = self._issuer.token(held[2], [role], [area], org=org)
        return self._tokens[held]

    async def _call(
        self,
        path: str,
        key: str | None,
        content: dict[str, Any] | bytes | None,
        bearer: str | None = None,
        hours_ago: float | None = None,
        media_type: str = "application/json",
    ) -> dict[str, Any]:
        """Post; what is there already is no fault, and what is told to come later comes later.

        Raises:
            NotLoaded: it was refused.
        """
        headers = {"Authorization": f"Bearer {bearer or self._token('county_admin', words.COUNTY)}", "Content-Type": media_type}
        if key:
            headers["Idempotency-Key"] = f"demo-{key}"
        if hours_ago is not None:
            headers["As-Of"] = (self._began - dt.timedelta(hours=hours_ago)).isoformat()
        for pause_s in (*_PAUSES_S, None):
            status, answer = await self._lines.post(path, content, headers)
            if status not in _LATER or pause_s is None:
                break
            await asyncio.sleep(pause_s)
        if key and status not in _THERE:
            raise NotLoaded(f"POST {path}: {status} {answer['detail']}")
        made: dict[str, Any] = answer
        return made


def _made_at(id_: str) -> dt.datetime:
    """Return when a thing was made, which its id (UUIDv7) says."""
    return dt.datetime.fromtimestamp((UUID(id_).int >> 80) / 1000, dt.UTC)


async def _each(things: Iterable[T], work: Callable[[T], Awaitable[None]]) -> None:
    """Do the work for each thing, some at a time."""
    left = iter(things)

    async def some() -> None:
        for thing in left:
            await work(thing)

    try:
        async with asyncio.TaskGroup() as hands:
            for _ in range(_AT_ONCE):
                hands.create_task(some())
    except ExceptionGroup as several:
        raise several.exceptions[0] from None  # one is enough to say
