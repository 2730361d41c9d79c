"""Who has mediated a dispute is neither agent nor witness nor expert in it, in that case or one that follows from it."""

from sqlalchemy import or_, select

from gridwhistle.common.commands import Command
from gridwhistle.common.rows import Row
from gridwhistle.mediation.cases.tables import cases
from gridwhistle.mediation.committees.tables import mediators
from gridwhistle.mediation.panels.refusals import MediatedIt
from gridwhistle.mediation.panels.tables import panel_members


async def check_never_mediated_it(tx: Command, case: Row, name: str) -> None:
    """Check that nobody of a name mediates a case, or did, or mediated the one before it or after it.

    Raises:
        MediatedIt: somebody of that name does or did.
    """
    linked = select(cases.c.id).where(
        or_(cases.c.id == case.id, cases.c.id == case.earlier_case_id, cases.c.earlier_case_id == case.id)
    )
    of_name = select(mediators.c.id).where(mediators.c.name == name, mediators.c.county_code == case.area_code[:6])
    did = panel_members.c.case_id.in_(linked), panel_members.c.mediator_id.in_(of_name)
    if await tx.db.first(select(panel_members.c.id).where(*did).limit(1)):
        raise MediatedIt
