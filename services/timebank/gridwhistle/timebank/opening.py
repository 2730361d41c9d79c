"""Opens the accounts that nobody has to ask for: a person's two, and those by which a county pays and holds."""

from typing import Final

from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.ids import area_code_of
from gridwhistle.common.rows import Row
from gridwhistle.timebank.domain import ACCOUNT, COUNTY_DIGITS
from gridwhistle.timebank.order_steps import SYSTEM
from gridwhistle.timebank.tables import accounts

_OF_A_COUNTY: Final = ("issuance", "pool", "pool_hold")


def open_for(tx: Command, owner: Row, *kinds: str) -> None:
    """Open accounts of a person or a team that this command makes."""
    for kind in kinds:
        step = ACCOUNT.step(None, "open", SYSTEM)
        given = {"area_code": owner.area_code, "kind": kind, "owner_id": owner.id, "opened_at": tx.now}
        tx.create(accounts, step, balance_minutes=0, locked_minutes=0, **given)


async def open_for_county(tx: Command, area_code: str) -> None:
    """Open what a county lacks of its own accounts, before anybody of it can earn: events and clocks wait for nobody.

    They lie above the place of whoever registers the first one, so their jurisdiction is not asked.
    """
    county = area_code_of(area_code, COUNTY_DIGITS)
    own = accounts.c.area_code == county, accounts.c.owner_id.is_(None)
    there = {row.kind for row in await tx.db.fetch(select(accounts.c.kind).where(*own))}
    for kind in _OF_A_COUNTY:
        if kind in there:
            continue
        step = ACCOUNT.step(None, "open", SYSTEM)
        given = {"area_code": county, "kind": kind, "state": step.target, "opened_at": tx.now}
        made = tx.insert(accounts, version=1, event_no=0, balance_minutes=0, locked_minutes=0, **given)
        tx.move(made, step)
