"""Intake of reports (上报): one, or up to a thousand at once. Nothing reported is lost."""

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import Field
from sqlalchemy import select, tuple_

from gridwhistle.common.attachments import AttachmentIds, attach, uploads
from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import Word
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.editions import Edition, Grids
from gridwhistle.common.events.incidents import Category, IncidentNo, IncidentReported, Source, Urgency
from gridwhistle.common.ids import AreaCode, GridCode
from gridwhistle.common.moved import today
from gridwhistle.common.personal import MASKED
from gridwhistle.common.places import Point
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Problem
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body, Moment, View
from gridwhistle.incidents.catalogue import category_in_use
from gridwhistle.incidents.contacts import Contact, add_contact, check_contact
from gridwhistle.incidents.danger import whom_to_call
from gridwhistle.incidents.domain import INCIDENT, facts_of
from gridwhistle.incidents.duplicates import SHOWN_MAX, Duplicate, near
from gridwhistle.incidents.refusals import AlreadyReported, FoundInTheFuture, OutsideEveryGrid, PlaceMissing
from gridwhistle.incidents.tables import GRIDS, incidents, known_organisation
from gridwhistle.incidents.tracking import TokenShown, hash_of, new_token
from gridwhistle.incidents.urgent import RUNNING, covering
from gridwhistle.incidents.views import AddressText, ComplainedOrg, Description, IncidentView, RequestType, Title, shown_to

router = Router("incidents", "Incidents 事件")
BATCH_MAX = 1_000
_BEYOND = SimpleNamespace(id=None, incident_no=None, grid_code=None)


class Location(Point):
    """A point, and how people call the place."""

    address_text: Annotated[AddressText, MASKED] | None = None


class Reference(Body):
    """Your own number for the thing. A second report under the same number is known, not taken in again."""

    system: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,29}$", examples=["12345"])]
    code: Annotated[str, Field(min_length=1, max_length=60, examples=["SH20260706-0042"])]


class Told(Body):
    """What somebody found, where, and how urgent it is."""

    title: Annotated[Title, Field(min_length=1), MASKED]
    description: Annotated[Description, MASKED] | None = None
    location: Location | None = None
    area_code: Annotated[AreaCode | None, Field(description="For what has no point, or lies in no grid.")] = None
    category: Annotated[
        Category | None, Field(description="What you take it for, from the county's catalogue; the township decides.")
    ] = None
    request_type: RequestType | None = None
    source: Source = "resident"
    urgency: Urgency = "normal"
    found_at: Annotated[Moment | None, Field(description="When it was found; now, if left out.")] = None
    reference: Reference | None = None


class Report(Told):
    """A report: what, where, and how urgent. Say nothing about people; call 110, 119 or 120 when somebody is in danger."""

    complained_org: ComplainedOrg | None = None
    attachment_ids: AttachmentIds = ()
    contact: Annotated[Contact | None, Field(description="How to reach who reported, if they wish it.")] = None
    track: Annotated[bool, Field(description="Give a token by which who reported can follow it without an account.")] = False


_Told = TypeVar("_Told", bound=Told)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a report belongs: a grid where there is one, as it was drawn on the day; an area in any case."""

    area_code: str
    grid: Edition | None

    @property
    def code(self) -> str:
        """The grid's code, or the area's."""
        return self.grid.grid_code if self.grid else self.area_code


def place_of(report: Told, grid: Edition | None, area_code: str | None) -> Place:
    """Return where a report belongs, given the grid that its point lay in when it was found, and the area that it names.

    Raises:
        OutsideEveryGrid: its point lies in none, and it names no area.
        PlaceMissing: it has neither a point nor an area.
    """
    if grid is not None:
        return Place(grid.grid_code[:12], grid)
    if area_code is None:
        raise OutsideEveryGrid if report.location else PlaceMissing
    return Place(area_code, None)


Own = tuple[str, str, str]
"""The caller's own number for a thing: county, system, code."""


def own_number(report: Told, place: Place) -> Own | None:
    """Return the caller's own number of a report; a number belongs to a county."""
    reference = report.reference
    return (place.area_code[:6], reference.system, reference.code) if reference else None


class ReportedView(IncidentView):
    """What was taken in, what may be the same, and whom to call if it cannot wait."""

    duplicates: Annotated[
        list[Duplicate],
        Field(max_length=SHOWN_MAX, description="Reported near by and lately, nearest first; for those who see incidents."),
    ]
    advice: Annotated[str | None, Field(max_length=200, examples=["如有人身危险,请立即拨打 119。"])]
    tracking_token: TokenShown | None


@router.post("/incidents", may="incidents:report", status_code=201)
async def report_incident(body: Report, caller: Caller, db: Db) -> ReportedView:
    """Report something (上报). The grid is found from the point; mobile and identity numbers in texts are masked.

    If its words say that somebody is in danger, `advice` says whom to call. Nobody reads reports within minutes.
    """
    point, grids, found_at = body.location, await GRIDS.of(db), body.found_at or db.as_of
    grid = grids.locate(point.lon, point.lat, found_at, prefer=caller.areas) if point else None
    place = place_of(body, grid, body.area_code and await today(db, body.area_code))
    async with db.command(caller) as tx:
        if known := await _known(db, caller, [own_number(body, place)]):
            raise AlreadyReported(incident_no=next(iter(known.values())).incident_no or "–")
        alike: list[Duplicate] = []
        if point and caller.may("incidents:read"):
            alike = await near(db, caller, point, place.area_code, body.category, tx.now)
        token = new_token() if body.track else None
        incident = await take_in(tx, body, place, caller, token)
        call = whom_to_call(body.title, body.description)
        more = {"duplicates": alike, "advice": call and getattr(call, db.language), "tracking_token": token}
        return tx.answer(ReportedView.of(incident, **shown_to(caller, incident), **more))


async def take_in(tx: Command, report: Report, place: Place, caller: Principal, token: str | None = None) -> Row:
    """Make the incident of a report, which the token opens to who reported it.

    Raises:
        FoundInTheFuture: it was found in the future.
        OutsideYourArea: the caller may not report there.
        NoSuchAttachment, AlreadyAttached: a file cannot be used.
        UnknownCategory: the county's catalogue has none of this code in use.
        UnknownOrganisation: there is no such organisation to complain about.
        ContactUnclear: the contact contradicts itself.
    """
    step = INCIDENT.step(None, "report", caller)
    files = await uploads(tx, report.attachment_ids)
    # Clocks of phones run ahead a little.
    if report.found_at and report.found_at > tx.now + dt.timedelta(minutes=5):
        raise FoundInTheFuture
    if report.contact:
        check_contact(report.contact)
    if report.complained_org:
        await known_organisation(tx.db, report.complained_org)
    # What is told of the past is no part of what runs today.
    running = None if tx.db.as_of else covering(await RUNNING.of(tx.db), place.code)
    if report.category:
        await category_in_use(tx.db, place.area_code[:6], report.category)
    incident = tx.create(
        incidents,
        step,
        **content_of(report, place),
        response_id=running and running.response_id,
        emergency_session_id=running and running.session_id,
        incident_no=await tx.number("I", place.area_code[:6], digits=5),
        complained_org=report.complained_org,
        reported_by=caller.id,
        tracking_hash=token and hash_of(token),
        found_at=report.found_at or tx.now,
        reported_at=tx.now,
    )
    attach(tx, incident, files)
    if report.contact:
        add_contact(tx, incident, report.contact)
    tx.tell(incident, IncidentReported(**facts_of(incident)))
    return incident


def content_of(report: Told, place: Place) -> dict[str, Any]:
    """Return what an incident is, whoever takes it in: where it lies, and what was told of it."""
    grid, point, reference = place.grid, report.location, report.reference
    return {
        "area_code": place.area_code,
        "grid_code": grid and grid.grid_code,
        "grid_id": grid and grid.grid_id,
        "grid_edition": grid and grid.number,
        **{name: getattr(report, name) for name in ("title", "description", "category", "request_type", "source", "urgency")},
        **{name: point and getattr(point, name) for name in ("lon", "lat", "coord_sys", "address_text")},
        "ref_system": reference and reference.system,
        "ref_code": reference and reference.code,
    }


class Reports(Body):
    """Up to a thousand reports."""

    reports: Annotated[list[Report], Field(min_length=1, max_length=BATCH_MAX)]


class ReportResult(View):
    """What became of one report: `created`, `known` (reported before under its reference), or `refused` and the code why."""

    index: Annotated[int, Field(ge=0, lt=BATCH_MAX)]
    result: Literal["created", "known", "refused"]
    incident_id: UUID | None
    incident_no: IncidentNo | None
    grid_code: GridCode | None
    code: Word | None
    tracking_token: TokenShown | None


class ReportResults(View):
    """The results, in the order of the reports."""

    results: Annotated[list[ReportResult], Field(max_length=BATCH_MAX)]


@router.post("/incidents/batch", may="incidents:report_many", body_bytes_max=4 * 1024 * 1024)
async def report_incidents(body: Reports, caller: Caller, db: Db) -> ReportResults:
    """Report many things at once. Each has its own result; one that is refused does not stop the others."""
    places = await places_of(db, caller, body.reports)
    async with db.command(caller) as tx:

        async def take(report: Report, place: Place) -> tuple[Row, str | None]:
            token = new_token() if report.track else None
            return await take_in(tx, report, place, caller, token), token

        return tx.answer(await each(tx, body.reports, places, take))


async def each(
    tx: Command,
    reports: Sequence[_Told],
    places: Sequence[Place | Problem],
    take: Callable[[_Told, Place], Awaitable[tuple[Row, str | None]]],
) -> ReportResults:
    """Take many in, each by itself: one that is known already is passed over, one that is refused stops no other."""
    # Read in the block: when another batch brings the same numbers first, this runs again and finds them.
    numbers = [
        own_number(report, place) if isinstance(place, Place) else None for report, place in zip(reports, places, strict=True)
    ]
    known = await _known(tx.db, tx.caller, numbers)
    results = []
    for index, (report, place, own) in enumerate(zip(reports, places, numbers, strict=True)):
        if own in known:
            results.append(_result(index, "known", known[own]))
            continue
        try:
            if isinstance(place, Problem):
                raise place
            incident, token = await take(report, place)
        except Problem as refusal:
            if not refusal.kept:
                raise  # "later" is no answer to one report
            results.append(_result(index, "refused", code=refusal.code))
            continue
        if own:
            known[own] = incident
        results.append(_result(index, "created", incident, token=token))
    return ReportResults.model_construct(results=results)


async def places_of(db: Db, caller: Principal, reports: Sequence[Told]) -> list[Place | Problem]:
    """Return where each report belongs, or why that cannot be said."""
    areas = {code: await today(db, code) for code in {report.area_code for report in reports} if code}
    return _places(reports, await GRIDS.of(db), areas, caller, db.as_of)


def _places(
    reports: Sequence[Told], grids: Grids, areas: Mapping[str, str], caller: Principal, as_of: dt.datetime | None
) -> list[Place | Problem]:
    located = [(number, report.location, report.found_at or as_of) for number, report in enumerate(reports) if report.location]
    lons, lats = [point.lon for _, point, _ in located], [point.lat for _, point, _ in located]
    found = grids.locate_many(lons, lats, [at for _, _, at in located], prefer=caller.areas)
    held = dict(zip((number for number, _, _ in located), found, strict=True))
    places: list[Place | Problem] = []
    for number, report in enumerate(reports):
        try:
            places.append(place_of(report, held.get(number), report.area_code and areas[report.area_code]))
        except Problem as refusal:
            places.append(refusal)
    return places


async def _known(db: Db, caller: Principal, numbers: Sequence[Own | None]) -> dict[Own | None, Any]:
    """Return the incidents that have these numbers already; of one beyond the caller's jurisdiction only that it is there."""
    asked = [number for number in numbers if number]
    if not asked:
        return {}
    columns = incidents.c.county_code, incidents.c.ref_system, incidents.c.ref_code
    rows = await db.fetch(select(incidents).where(tuple_(*columns).in_(asked)))
    return {(row.county_code, row.ref_system, row.ref_code): row if caller.reaches(incidents, row) else _BEYOND for row in rows}


def _result(
    index: int,
    result: Literal["created", "known", "refused"],
    incident: Any = None,
    code: str | None = None,
    token: str | None = None,
) -> ReportResult:
    return ReportResult.model_construct(
        index=index,
        result=result,
        incident_id=incident and incident.id,
        incident_no=incident and incident.incident_no,
        grid_code=incident and incident.grid_code,
        code=code,
        tracking_token=token,
    )
