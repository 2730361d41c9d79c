"""What residents do without an account: they report (居民上报), object to a rejection (异议), and ask to redo (要求重办)."""

from typing import Annotated

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.edge import Db, Router
from gridwhistle.common.events.incidents import Category, IncidentNo
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.moved import today
from gridwhistle.common.personal import MASKED
from gridwhistle.common.principal import PUBLIC
from gridwhistle.common.problems import Invalid
from gridwhistle.common.wire import Body, Moment, View
from gridwhistle.incidents.contacts import Contact, has_contact
from gridwhistle.incidents.danger import whom_to_call
from gridwhistle.incidents.deciding import object_to_rejection
from gridwhistle.incidents.domain import INCIDENT
from gridwhistle.incidents.intake import Location, Report, place_of, take_in
from gridwhistle.incidents.judging import Reopen, do_again
from gridwhistle.incidents.tables import GRIDS, incidents, known_grids
from gridwhistle.incidents.tracking import RESIDENT, TokenShown, TrackedView, TrackingToken, as_tracked, new_token, tracked
from gridwhistle.incidents.views import ComplainedOrg, Description, RequestType, Said, Title

router = Router("incidents", "Residents 居民")


class NotServed(Invalid):
    """No county that is served here has the area."""

    code = "area_not_served"
    zh, en = "该地区不在本平台服务范围内,请核对 area_code。", "Nobody here serves that area: check the area_code."


class ResidentReport(Body):
    """What, and where. Say nothing about people; call 110, 119 or 120 when somebody is in danger."""

    title: Annotated[Title, Field(min_length=1), MASKED]
    description: Annotated[Description, MASKED] | None = None
    location: Location | None = None
    area_code: Annotated[AreaCode | None, Field(description="For what has no point, or lies in no grid.")] = None
    category: Category | None = None
    request_type: RequestType | None = None
    complained_org: ComplainedOrg | None = None
    found_at: Annotated[Moment | None, Field(description="When you found it; now, if left out.")] = None
    contact: Contact | None = None


class Contest(Body):
    """Why it is the township's business after all."""

    reason: Said


class Receipt(View):
    """The number and the token by which you follow it, and whom to call if it cannot wait."""

    incident_no: IncidentNo
    tracking_token: TokenShown
    reported_at: AwareDatetime
    advice: Annotated[str | None, Field(max_length=200, examples=["如有人身危险,请立即拨打 119。"])]


@router.post("/reports", may=PUBLIC, status_code=201, body_bytes_max=32 * 1024)
async def report_as_resident(body: ResidentReport, db: Db) -> Receipt:
    """Report something without an account (居民上报), and get a number and a token by which you follow it.

    The token is shown once: a repeat under the same Idempotency-Key gets the same answer, and nobody else ever does. Mobile and
    identity numbers in texts are masked; how to reach you goes into `contact`, which only those who answer you may see.
    """
    point, report = body.location, Report(source="resident", **dict(body))
    grids = await GRIDS.of(db)
    grid = grids.locate(point.lon, point.lat, report.found_at or db.as_of) if point else None
    place = place_of(report, grid, body.area_code and await today(db, body.area_code))
    if place.grid is None and not await _is_served(db, place.area_code[:6]):
        raise NotServed
    token = new_token()
    async with db.command(RESIDENT) as tx:
        incident = await take_in(tx, report, place, RESIDENT, token)
        call = whom_to_call(body.title, body.description)
        return tx.answer(Receipt.of(incident, tracking_token=token, advice=call and getattr(call, db.language)))


async def _is_served(db: Db, county_code: str) -> bool:
    return await db.first(select(known_grids.c.id).where(known_grids.c.county_code == county_code)) is not None


@router.post("/tracking/{incident_no}/reopen", may=PUBLIC)
async def reopen_as_reporter(incident_no: IncidentNo, body: Reopen, token: TrackingToken, db: Db) -> TrackedView:
    """Say that it is not done (要求重办): who had it has it again. Within the days for feedback, and once."""
    incident = await tracked(db, incident_no, token)
    async with db.command(RESIDENT, incidents, incident.id) as tx:
        await do_again(tx, tx.row, INCIDENT.step(tx.row, "reopen", RESIDENT), body.reason)
        return tx.answer(await as_tracked(db, tx.row, has_contact=await has_contact(db, incident.id)))


@router.post("/tracking/{incident_no}/contest", may=PUBLIC)
async def contest_as_reporter(incident_no: IncidentNo, body: Contest, token: TrackingToken, db: Db) -> TrackedView:
    """Object to a rejection (异议): the township's leader looks at it again. Within the days for it, and once."""
    incident = await tracked(db, incident_no, token)
    async with db.command(RESIDENT, incidents, incident.id) as tx:
        object_to_rejection(tx, tx.row, INCIDENT.step(tx.row, "contest", RESIDENT), body.reason)
        return tx.answer(await as_tracked(db, tx.row, has_contact=await has_contact(db, incident.id)))
