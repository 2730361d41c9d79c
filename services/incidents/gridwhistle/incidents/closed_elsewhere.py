"""What another system closed comes in (历史导入): with its own times, put away, and nobody's time runs."""

from typing import Annotated

from pydantic import Field

from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.incidents import ClosedIncidentImported
from gridwhistle.common.ids import OrgCode
from gridwhistle.common.principal import HISTORY
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body, Moment
from gridwhistle.incidents.catalogue import category_in_use
from gridwhistle.incidents.domain import INCIDENT, facts_of
from gridwhistle.incidents.intake import BATCH_MAX, Place, Reference, ReportResults, Told, content_of, each, places_of
from gridwhistle.incidents.refusals import TimesInDisorder
from gridwhistle.incidents.tables import incidents, known_organisation

router = Router("incidents", "Incidents 事件")


class ClosedReport(Told):
    """A case that another system closed. Its own number there makes it come in once."""

    found_at: Moment
    reported_at: Annotated[Moment | None, Field(description="When it was reported; when it was found, if left out.")] = None
    closed_at: Moment
    lead_org: Annotated[OrgCode | None, Field(description="The organisation that handled it.")] = None
    reference: Reference


class ClosedReports(Body):
    """Up to a thousand closed cases."""

    reports: Annotated[list[ClosedReport], Field(min_length=1, max_length=BATCH_MAX)]


@router.post("/incidents/import_closed", may=HISTORY, body_bytes_max=4 * 1024 * 1024)
async def import_closed_incidents(body: ClosedReports, caller: Caller, db: Db) -> ReportResults:
    """Bring cases in that another system closed, with the times that they had there: 导入已办结事件.

    They are archived at once: lists and timelines have them, no clock starts, and nothing can be done to them. Each has its own
    result; one that is refused does not stop the others, and one that came in before under its reference is known.
    """
    places = await places_of(db, caller, body.reports)
    async with db.command(caller) as tx:

        async def take(report: ClosedReport, place: Place) -> tuple[Row, None]:
            return await take_in_closed(tx, report, place), None

        return tx.answer(await each(tx, body.reports, places, take))


async def take_in_closed(tx: Command, report: ClosedReport, place: Place) -> Row:
    """Make the incident of a case that another system closed.

    Raises:
        TimesInDisorder: it was closed before it was found, or is still to be.
        OutsideYourArea: the caller may not report there.
        UnknownCategory: the county's catalogue has none of this code in use.
        UnknownOrganisation: there is no such organisation.
    """
    reported_at = report.reported_at or report.found_at
    if not report.found_at <= reported_at <= report.closed_at <= tx.now:
        raise TimesInDisorder
    if report.category:
        await category_in_use(tx.db, place.area_code[:6], report.category)
    if report.lead_org:
        await known_organisation(tx.db, report.lead_org)
    incident = tx.create(
        incidents,
        INCIDENT.step(None, "import_closed", tx.caller),
        **content_of(report, place),
        incident_no=await tx.number("I", place.area_code[:6], digits=5),
        lead_org=report.lead_org,
        reported_by=tx.caller.id,
        found_at=report.found_at,
        reported_at=reported_at,
        closed_at=report.closed_at,
        terminal_at=report.closed_at,
    )
    told = {"category": report.category, "lead_org": report.lead_org, "reported_at": reported_at, "closed_at": report.closed_at}
    tx.tell(incident, ClosedIncidentImported(**facts_of(incident), **told))
    return incident
