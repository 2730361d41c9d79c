"""What can be asked about accounts of the time bank: opened, frozen, closed; what is on them."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, Word
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.timebank import AccountFrozen, AccountKind, AccountUnfrozen
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.principal import Principal
from gridwhistle.common.reading import one, page
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Actions, Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.timebank.domain import ACCOUNT, AccountThere, MinutesLeft, OwnerStays, check_owner
from gridwhistle.timebank.freezing import Freeze
from gridwhistle.timebank.ledger import Balance, facts_of
from gridwhistle.timebank.participant_tables import participants
from gridwhistle.timebank.people import as_lists, is_staff, participant
from gridwhistle.timebank.tables import accounts
from gridwhistle.timebank.team_tables import teams

router = Router("timebank", "Accounts 账户")
_NEWEST = Keyset(accounts.c.id)


class NewAccount(Body):
    """An account. Persons and groups own theirs; of the other kinds an area has one each."""

    kind: AccountKind
    area_code: AreaCode
    owner_id: Annotated[UUID | None, Field(strict=False)] = None


class AccountLine(View):
    """An account in a list. What is locked counts to the balance and cannot be spent."""

    id: UUID
    version: Version
    area_code: AreaCode
    kind: Annotated[AccountKind, OPEN]
    owner_id: UUID | None
    state: Word
    balance_minutes: Balance
    locked_minutes: Balance
    opened_at: AwareDatetime
    posted_at: Annotated[AwareDatetime | None, Field(description="When something was last posted.")]
    low_at: Annotated[AwareDatetime | None, Field(description="Of a pool: since when little is left of what it gives.")]


class AccountView(AccountLine):
    """An account, and what may be done to it."""

    actions: Actions


class AccountQuery(PageQuery):
    """Which accounts."""

    kind: AccountKind | None = None
    owner_id: UUID | None = None
    area_code: AreaCode | None = None


@router.post("/accounts", may="ledger:govern", status_code=201)
async def open_account(body: NewAccount, caller: Caller, db: Db) -> AccountView:
    """Open an account (开户). An owner, or an area, has one of each kind."""
    check_owner(body.kind, body.owner_id)
    async with db.command(caller) as tx:
        step = ACCOUNT.step(None, "open", caller)
        account = tx.create(
            accounts,
            step,
            area_code=body.area_code,
            kind=body.kind,
            owner_id=body.owner_id,
            balance_minutes=0,
            locked_minutes=0,
            opened_at=tx.now,
        )
        own = accounts.c.owner_id.is_(None), accounts.c.area_code == body.area_code, accounts.c.kind == body.kind
        if body.owner_id is None and await db.first(select(accounts.c.id).where(*own)):
            raise AccountThere
        return _answer(tx, account)


@router.post("/accounts/{account_id}/freeze", may="ledger:govern")
async def freeze_account(account_id: UUID, body: Freeze, caller: Caller, db: Db) -> AccountView:
    """Freeze an account (冻结): nothing is posted to it, either way, until a person has looked, for thirty days at most."""
    async with db.command(caller, accounts, account_id) as tx:
        tx.move(tx.row, ACCOUNT.step(tx.row, "freeze", caller), reason=body.reason, limits=body.limits)
        tx.tell(tx.row, AccountFrozen(kind=tx.row.kind))
        return _answer(tx, tx.row)


@router.post("/accounts/{account_id}/unfreeze", may="ledger:govern")
async def unfreeze_account(account_id: UUID, caller: Caller, db: Db) -> AccountView:
    """Let things be posted to an account again (解冻)."""
    async with db.command(caller, accounts, account_id) as tx:
        tx.move(tx.row, ACCOUNT.step(tx.row, "unfreeze", caller), doubted_at=None)
        tx.tell(tx.row, AccountUnfrozen(kind=tx.row.kind))
        return _answer(tx, tx.row)


@router.post("/accounts/{account_id}/close", may="ledger:govern")
async def close_account(account_id: UUID, caller: Caller, db: Db) -> AccountView:
    """Close an account (销户) on which nothing is left, of somebody who has left; never one of the county's own."""
    async with db.command(caller, accounts, account_id) as tx:
        step = ACCOUNT.step(tx.row, "close", caller)
        if await _stays(db, tx.row.owner_id):
            raise OwnerStays
        if tx.row.balance_minutes:
            raise MinutesLeft
        tx.move(tx.row, step)
        return _answer(tx, tx.row)


@router.get("/accounts/{account_id}", may="accounts:read")
async def get_account(account_id: UUID, caller: Caller, db: Db) -> AccountView:
    """Return an account: what is on it now. People see their own, and who leads a team sees the team's."""
    account = await readable(db, caller, account_id)
    return AccountView.of(account, actions=ACCOUNT.actions(account, caller))


@router.get("/accounts", may="accounts:read")
async def list_accounts(query: Annotated[AccountQuery, Query()], caller: Caller, db: Db) -> Page[AccountLine]:
    """List the accounts of your jurisdiction, newest first; people find their own, and a team's if they lead its `owner_id`."""
    return await page(db, await _for_owner(db, caller, query.owner_id), accounts, _NEWEST, query, AccountLine)


async def readable(db: Work, caller: Principal, account_id: UUID) -> Any:
    """Return an account that the caller may see: of a station's area, their own, or of a team that they lead.

    Raises:
        NotFound: there is none, or none that they may see.
    """
    facts = (await facts_of(db, (account_id,))).get(account_id)
    return await one(db, await _for_owner(db, caller, facts and facts.owner_id), accounts, account_id)


async def _for_owner(db: Work, caller: Principal, owner_id: UUID | None) -> Principal:
    """Return the caller as reads of an owner's accounts take them; who leads a team reads as the team."""
    if is_staff(caller) or owner_id is None or (me := await participant(db, caller)) is None or me.id == owner_id:
        return as_lists(caller)
    leads = teams.c.id == owner_id, teams.c.leader_id == me.id
    team = await db.first(select(teams.c.id).where(*leads))
    return replace(caller.alone(), id=str(owner_id)) if team else as_lists(caller)


async def _stays(db: Work, owner_id: UUID) -> bool:
    """Tell whether an owner takes part. Whoever has left never comes back under the same id, so they need not be held."""
    for owner in (participants, teams):
        if await db.first(select(owner.c.id).where(owner.c.id == owner_id, owner.c.terminal_at.is_(None))):
            return True
    return False


def _answer(tx: Command, account: Row) -> AccountView:
    return tx.answer(AccountView.of(account, actions=ACCOUNT.actions(account, tx.caller)))
