"""Leaving (注销、解散): what has to be over before, and what ends with it: accounts, a place in teams, links to relatives."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Table, or_, select

from gridwhistle.common.commands import Command
from gridwhistle.common.events.timebank_orders import RelativesEnded
from gridwhistle.common.problems import Conflict
from gridwhistle.timebank.domain import ACCOUNT, MinutesLeft
from gridwhistle.timebank.order_steps import SYSTEM
from gridwhistle.timebank.order_tables import claims, orders
from gridwhistle.timebank.participant_states import LINK
from gridwhistle.timebank.participant_tables import relatives
from gridwhistle.timebank.tables import accounts
from gridwhistle.timebank.team_tables import activities, members, teams
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


async def leave_teams(tx: Command) -> None:
    """Let the held participant be of no team, nor asking to be, any more."""
    theirs = members.c.participant_id == tx.row.id, members.c.left_at.is_(None)
    ids = [row.team_id for row in await tx.db.fetch(select(members.c.team_id).where(*theirs))]
    for team in await tx.hold(teams, ids):
        assert team is not None, "a team stays as long as its members"
        for member in await tx.children(members, of=team):
            if member.participant_id == tx.row.id and member.left_at is None:
                tx.update(member, left_at=tx.now)
                tx.record(team, "leave")


async def end_links(tx: Command) -> None:
    """End the held participant's links to their relatives, so that nothing of them is kept for the others' sake."""
    id_ = tx.row.id
    theirs = or_(relatives.c.asked_by_id == id_, relatives.c.other_id == id_), relatives.c.ended_at.is_(None)
    ids = [row.id for row in await tx.db.fetch(select(relatives.c.id).where(*theirs))]
    for link in await tx.hold(relatives, ids):
        if link and link.ended_at is None:
            tx.move(link, LINK.step(link, "end", tx.caller), ended_at=tx.now)
            tx.tell(link, RelativesEnded())


_CLOSED: Final = "closed"


async def _check_ended(tx: Command, *which: tuple[Table, ColumnElement[Any]]) -> None:
    for table, of_theirs in which:
        if await tx.db.first(select(table.c.id).where(of_theirs, table.c.terminal_at.is_(None))):
            raise StillOpen
