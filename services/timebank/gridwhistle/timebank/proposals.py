"""What two persons decide: one proposes a grant, an adjustment or a reversal, another approves it, and then it is posted."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN, Word
from gridwhistle.common.database import Db as Work
from gridwhistle.common.denies import ConcernsYou
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.personal import MASKED
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import NotFound
from gridwhistle.common.reading import one, page
from gridwhistle.common.reasons import Reason, Why
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.common.wire import Actions, Body, Keyset, Page, PageQuery, Version, View
from gridwhistle.timebank.domain import PROPOSAL, Facts, ProposalType, refusal
from gridwhistle.timebank.ledger import Posting, facts_of, post, reversal
from gridwhistle.timebank.people import participant
from gridwhistle.timebank.postings import Minutes
from gridwhistle.timebank.tables import accounts, proposals
from gridwhistle.timebank.team_tables import teams

router = Router("timebank", "Proposals 记账申请")
_NEWEST = Keyset(proposals.c.id)
Resolution = Annotated[
    str,
    Field(min_length=1, max_length=100, description="The resolution that says so.", examples=["示例县民〔2026〕12号"]),
    MASKED,
]


class NewGrant(Body):
    """Minutes for the public pool, or from it for somebody who cannot earn."""

    from_account_id: UUID
    to_account_id: UUID
    minutes: Minutes
    resolution_ref: Resolution
    reason: Reason


class NewAdjustment(Body):
    """Minutes put right, against the account that issues them."""

    from_account_id: UUID
    to_account_id: UUID
    minutes: Minutes
    reason: Reason


class ProposalLine(View):
    """A proposal in a list."""

    id: UUID
    version: Version
    area_code: AreaCode
    type: Annotated[ProposalType, OPEN]
    state: Word
    from_account_id: UUID
    to_account_id: UUID
    minutes: Minutes
    reverses_id: UUID | None
    resolution_ref: Resolution | None
    reason: Reason
    proposed_by: Annotated[str, Field(max_length=255)]
    decided_by: Annotated[str | None, Field(max_length=255)]
    proposed_at: AwareDatetime
    decided_at: AwareDatetime | None


class ProposalView(ProposalLine):
    """A proposal, and what you may do about it."""

    actions: Actions


class ProposalQuery(PageQuery):
    """Which proposals."""

    type: ProposalType | None = None
    state: Word | None = None


@router.post("/grants", may="ledger:govern", status_code=201)
async def propose_grant(body: NewGrant, caller: Caller, db: Db) -> ProposalView:
    """Propose a grant (拨付): from what is issued to the pool, or from the pool to a person. Another one has to approve it."""
    source, target = await _both(db, body.from_account_id, body.to_account_id, caller)
    posting = Posting("grant", source, target, body.minutes)
    return await _propose(db, caller, posting, body.reason, body.resolution_ref)


@router.post("/adjustments", may="ledger:govern", status_code=201)
async def propose_adjustment(body: NewAdjustment, caller: Caller, db: Db) -> ProposalView:
    """Propose an adjustment (调整), either way between an account and the one that issues. Another one has to approve it."""
    source, target = await _both(db, body.from_account_id, body.to_account_id, caller)
    return await _propose(db, caller, Posting("adjust", source, target, body.minutes), body.reason)


@router.post("/postings/{posting_id}/propose_reversal", may="ledger:govern", status_code=201)
async def propose_reversal(posting_id: UUID, body: Why, caller: Caller, db: Db) -> ProposalView:
    """Propose to reverse a posting (冲正): all of it goes back, once. Another one has to approve it.

    What was posted for a claim goes back by a dispute.
    """
    return await _propose(db, caller, await reversal(db, caller, posting_id), body.reason)


@router.post("/proposals/{proposal_id}/approve", may="ledger:govern", needs_key=True)
async def approve_proposal(proposal_id: UUID, caller: Caller, db: Db) -> ProposalView:
    """Approve what another one has proposed (复核通过): it is posted at once.

    Nobody approves what comes to or leaves an account of theirs, or of a team that they lead.
    """
    async with db.command(caller, proposals, proposal_id) as tx:
        proposal, step = tx.row, PROPOSAL.step(tx.row, "approve", caller)
        sides = await facts_of(db, (proposal.from_account_id, proposal.to_account_id))
        source, target = sides[proposal.from_account_id], sides[proposal.to_account_id]
        await _check_not_theirs(db, caller, source, target)
        number = f"proposal/{proposal.id}"
        posting = Posting(
            proposal.type, source, target, proposal.minutes, number, proposal.id, reverses_id=proposal.reverses_id
        )
        tx.move(proposal, step, decided_by=caller.id, decided_at=tx.now)
        post(tx, [posting], reason=proposal.reason, posted_by=proposal.proposed_by, approved_by=caller.id)
        return _answer(tx, proposal)


@router.post("/proposals/{proposal_id}/reject", may="ledger:govern")
async def reject_proposal(proposal_id: UUID, body: Why, caller: Caller, db: Db) -> ProposalView:
    """Reject what another one has proposed (复核不通过). Nothing is posted."""
    async with db.command(caller, proposals, proposal_id) as tx:
        step = PROPOSAL.step(tx.row, "reject", caller)
        tx.move(tx.row, step, reason=body.reason, decided_by=caller.id, decided_at=tx.now)
        return _answer(tx, tx.row)


@router.post("/proposals/{proposal_id}/withdraw", may="ledger:govern")
async def withdraw_proposal(proposal_id: UUID, caller: Caller, db: Db) -> ProposalView:
    """Withdraw what you have proposed yourself (撤回)."""
    async with db.command(caller, proposals, proposal_id) as tx:
        tx.move(tx.row, PROPOSAL.step(tx.row, "withdraw", caller), decided_by=caller.id, decided_at=tx.now)
        return _answer(tx, tx.row)


@router.get("/proposals/{proposal_id}", may="ledger:read")
async def get_proposal(proposal_id: UUID, caller: Caller, db: Db) -> ProposalView:
    """Return a proposal, with who has proposed and who has decided."""
    proposal = await one(db, caller, proposals, proposal_id)
    return ProposalView.of(proposal, actions=PROPOSAL.actions(proposal, caller))


@router.get("/proposals", may="ledger:read")
async def list_proposals(query: Annotated[ProposalQuery, Query()], caller: Caller, db: Db) -> Page[ProposalLine]:
    """List the proposals of your jurisdiction, newest first."""
    return await page(db, caller, proposals, _NEWEST, query, ProposalLine)


async def _both(db: Db, source: UUID, target: UUID, caller: Principal) -> tuple[Facts, Facts]:
    """Return the two accounts of a proposal, both within the jurisdiction."""
    known = await facts_of(db, (source, target))
    sides = known.get(source), known.get(target)
    if not (sides[0] and sides[1] and all(caller.reaches(accounts, side) for side in sides)):
        raise NotFound(thing=thing_of(accounts))
    return sides[0], sides[1]


async def _check_not_theirs(db: Work, caller: Principal, *sides: Facts) -> None:
    """Check that neither side of a proposal is the caller's, nor a team's that they lead.

    Raises:
        ConcernsYou: one of them is.
    """
    owners = [side.owner_id for side in sides if side.owner_id]
    if not owners or (me := await participant(db, caller)) is None:
        return
    leads = select(teams.c.id).where(teams.c.id.in_(owners), teams.c.leader_id == me.id)
    if me.id in owners or await db.first(leads):
        raise ConcernsYou


async def _propose(db: Db, caller: Principal, posting: Posting, reason: str, resolution_ref: str | None = None) -> ProposalView:
    if no := refusal(posting.type, posting.source, posting.target):
        raise no
    person = next((side for side in (posting.source, posting.target) if side.owner_id), None)
    async with db.command(caller) as tx:
        proposal = tx.create(
            proposals,
            PROPOSAL.step(None, "propose", caller),
            area_code=(person or posting.target).area_code,
            type=posting.type,
            from_account_id=posting.source.id,
            to_account_id=posting.target.id,
            minutes=posting.minutes,
            reverses_id=posting.reverses_id,
            resolution_ref=resolution_ref,
            reason=reason,
            subject_id=str(person.owner_id) if person else None,
            proposed_by=caller.id,
            approved_by=caller.id,  # the first of the two, so that the second is another one
            proposed_at=tx.now,
        )
        tx.update(proposal, reason=reason)  # in its history, and its own
        return _answer(tx, proposal)


def _answer(tx: Command, proposal: Row) -> ProposalView:
    return tx.answer(ProposalView.of(proposal, actions=PROPOSAL.actions(proposal, tx.caller)))
