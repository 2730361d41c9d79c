"""Leaving (注销、解散): what has to be over before, and the accounts that are closed with it."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Table, or_, select

from gridwhistle.common.commands import Command
from gridwhistle.common.problems import Conflict
from gridwhistle.timebank.domain import ACCOUNT, MinutesLeft
from gridwhistle.timebank.order_steps import SYSTEM
from gridwhistle.timebank.order_tables import claims, orders
from gridwhistle.timebank.tables import accounts
from gridwhistle.timebank.team_tables import activities, teams
from gridwhistle.timebank.transfer_tables import transfers


class StillOpen(Conflict):
    """Nobody leaves others waiting."""

    code = "still_open"
    zh = "尚有未结束的订单、接单、转赠、活动或所带队伍,请先办结。"
    en = "Orders, claims, transfers, activities or a team that they lead are still open; end them first."


async def check_person_is_done(tx: Command) -> None:
    """Check that nothing waits for the held participant. Whatever is begun with them holds them as well.

    Raises:
        StillOpen: an order, a claim, a transfer or a team does.
    """
    id_ = tx.row.id
    await _check_ended(
        tx,
        (orders, orders.c.beneficiary_id == id_),
        (claims, or_(claims.c.volunteer_id == id_, claims.c.beneficiary_id == id_)),
        (transfers, or_(transfers.c.from_id == id_, transfers.c.to_id == id_)),
        (teams, teams.c.leader_id == id_),
    )


async def check_team_is_done(tx: Command) -> None:
    """Check that the held team has nothing planned or to be confirmed.

    Raises:
        StillOpen: it has.
    """
    await _check_ended(tx, (activities, activities.c.team_id == tx.row.id))


async def close_accounts(tx: Command) -> None:
    """Close the accounts of the held participant or team; they are held, so that nothing comes to them meanwhile.

    Raises:
        MinutesLeft: there is something on one of them.
    """
    of_theirs = accounts.c.owner_id == tx.row.id, accounts.c.state != _CLOSED
    ids = [row.id for row in await tx.db.fetch(select(accounts.c.id).where(*of_theirs))]
    for account in await tx.hold(accounts, ids):
        assert account is not None, "accounts stay"
        if account.balance_minutes:
            raise MinutesLeft
        if account.state != _CLOSED:
            tx.move(account, ACCOUNT.step(account, "close", SYSTEM))


_CLOSED: Final = "closed"


async def _check_ended(tx: Command, *which: tuple[Table, ColumnElement[Any]]) -> None:
    for table, of_theirs in which:
        if await tx.db.first(select(table.c.id).where(of_theirs, table.c.terminal_at.is_(None))):
            raise StillOpen
