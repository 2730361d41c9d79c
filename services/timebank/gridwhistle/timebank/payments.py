"""What orders do to accounts: minutes are held, paid, given back, and taken back; each with the step that it follows from.

What is held for a claim is locked where it is held, so that nothing but the claim moves it: applications may hold as well.
"""

from uuid import UUID

from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.events.timebank import PostingType
from gridwhistle.common.ids import area_code_of
from gridwhistle.common.rows import Row
from gridwhistle.timebank.domain import COUNTY_DIGITS, Facts
from gridwhistle.timebank.ledger import CLAIM_REFERENCE, Posting, account_in, account_of, lock, post
from gridwhistle.timebank.settling import Settlement
from gridwhistle.timebank.tables import accounts


async def free_minutes(tx: Command, owner_id: UUID) -> int:
    """Return how many minutes somebody can spend."""
    of_theirs = accounts.c.owner_id == owner_id, accounts.c.kind == "personal_available"
    found = await tx.db.first(select(accounts.c.balance_minutes, accounts.c.locked_minutes).where(*of_theirs))
    return found.balance_minutes - found.locked_minutes if found else 0


async def hold(tx: Command, order: Row, claim: Row, minutes: int) -> None:
    """Hold minutes of whoever pays (HOLD); the database refuses what is not there."""
    if order.payer == "issuance" or not minutes:
        return
    purse, held = await _purse(tx, order)
    post(tx, [Posting("hold", purse, held, minutes, _reference(claim, "hold"), claim.id, locks=minutes)])


async def release(tx: Command, order: Row, claim: Row) -> None:
    """Give back what is held (RELEASE)."""
    if order.payer == "issuance" or not claim.held_minutes:
        return
    purse, held = await _purse(tx, order)
    minutes = claim.held_minutes
    post(tx, [Posting("release", held, purse, minutes, _reference(claim, "release"), claim.id, unlocks=minutes)])
    tx.update(claim, held_minutes=0)


async def capture(tx: Command, order: Row, claim: Row, result: Settlement) -> None:
    """Pay what was earned, locked until the days for a dispute are over; give back what is left of what was held.

    What is above a cap stays held until somebody has said where it goes. A panel may say more than is held any more: the rest
    is held first, and what somebody has not got any more the public pool pays, so that a verdict always takes effect.
    """
    earned = result.earned_minutes
    if order.payer == "issuance":
        if earned:
            source = await _of_county(tx, order, "issuance")
            [issued_id] = post(tx, [await _pays("earn_public", tx, source, claim, earned)])
            tx.update(claim, paid_id=issued_id)
        return
    purse, held = await _purse(tx, order)
    left = claim.held_minutes - result.paid_minutes
    lack = max(-left - await free_minutes(tx, order.beneficiary_id), 0) if left < 0 and order.payer != "pool" else 0
    by_pool = min(lack, earned)
    more = max(-left - lack, 0)
    postings = [Posting("hold", purse, held, more, _reference(claim, "more"), claim.id, locks=more)] if more else []
    if earned > by_pool:
        postings.append(await _pays("capture", tx, held, claim, earned - by_pool))
    if by_pool:
        pool, pool_hold = await _of_county(tx, order, "pool"), await _of_county(tx, order, "pool_hold")
        postings.append(Posting("hold", pool, pool_hold, by_pool, _reference(claim, "lack"), claim.id, locks=by_pool))
        postings.append(await _pays("capture", tx, pool_hold, claim, by_pool, "earn_of_pool"))
    if left > 0:
        postings.append(Posting("release", held, purse, left, _reference(claim, "rest"), claim.id, unlocks=left))
    ids = post(tx, postings) if postings else []
    paid_id = next((id_ for id_, posting in zip(ids, postings, strict=True) if posting.type == "capture"), None)
    tx.update(claim, paid_id=paid_id, held_minutes=result.overflow_minutes - (lack - by_pool))


async def undo(tx: Command, order: Row, claim: Row, *, approved_by: str) -> None:
    """Take back what was paid (REVERSE); it is held again, or not issued."""
    if claim.paid_id is None:
        return
    earns = await account_of(tx.db, claim.volunteer_id, "personal_available")
    back = await _of_county(tx, order, "issuance") if order.payer == "issuance" else (await _purse(tx, order))[1]
    minutes = claim.earned_minutes
    held = 0 if order.payer == "issuance" else minutes
    reverse = Posting("reverse", earns, back, minutes, _reference(claim, "reverse"), claim.id, unlocks=minutes, locks=held)
    reverse.reverses_id = claim.paid_id
    post(tx, [reverse], approved_by=approved_by)
    tx.update(claim, paid_id=None, held_minutes=(claim.held_minutes or 0) + held)


async def set_free(tx: Command, order: Row, claim: Row) -> None:
    """Let what was earned be spent, and send what is above a cap where it was said: to the pool, or back to who paid."""
    if claim.earned_minutes:
        lock(tx, await account_of(tx.db, claim.volunteer_id, "personal_available"), -claim.earned_minutes)
    if claim.overflow_to == "honour":
        await release(tx, order, claim)
    elif order.payer == "issuance":
        if claim.overflow_minutes:
            source, pool = await _of_county(tx, order, "issuance"), await _of_county(tx, order, "pool")
            reference = _reference(claim, "overflow")
            post(tx, [Posting("earn_public", source, pool, claim.overflow_minutes, reference, claim.id)])
    elif claim.held_minutes:
        _, held = await _purse(tx, order)
        pool = await _of_county(tx, order, "pool")
        minutes = claim.held_minutes
        post(tx, [Posting("capture", held, pool, minutes, _reference(claim, "overflow"), claim.id, unlocks=minutes)])
        tx.update(claim, held_minutes=0)


async def earn_for_group(tx: Command, activity: Row, minutes: int) -> None:
    """Issue minutes to a team (EARN_GROUP), which can only give them away."""
    if minutes:
        group = await account_of(tx.db, activity.team_id, "group")
        source = await _of_county(tx, activity, "issuance")
        post(tx, [Posting("earn_group", source, group, minutes, f"activity/{activity.id}", activity.id)])


async def give(tx: Command, transfer: Row) -> None:
    """Move minutes from one relative to another (TRANSFER); the database refuses what is not there or is locked."""
    gives = await account_of(tx.db, transfer.from_id, "personal_available")
    gets = await account_of(tx.db, transfer.to_id, "personal_available")
    post(tx, [Posting("transfer", gives, gets, transfer.minutes, f"transfer/{transfer.id}", transfer.id)])


async def donate_own(tx: Command, giver: Row, minutes: int) -> None:
    """Give minutes of a person to the public pool (DONATE)."""
    own, pool = await account_of(tx.db, giver.id, "personal_available"), await _of_county(tx, giver, "pool")
    post(tx, [Posting("donate", own, pool, minutes, for_id=giver.id)])


async def donate_of_group(tx: Command, team: Row, minutes: int) -> None:
    """Give minutes of a team to the public pool (DONATE)."""
    group, pool = await account_of(tx.db, team.id, "group"), await _of_county(tx, team, "pool")
    post(tx, [Posting("donate", group, pool, minutes, for_id=team.id)])


async def _pays(type_: PostingType, tx: Command, source: Facts, claim: Row, minutes: int, what: str = "earn") -> Posting:
    earns = await account_of(tx.db, claim.volunteer_id, "personal_available")
    unlocks = 0 if type_ == "earn_public" else minutes
    return Posting(type_, source, earns, minutes, _reference(claim, what), claim.id, unlocks=unlocks, locks=minutes)


async def _purse(tx: Command, order: Row) -> tuple[Facts, Facts]:
    """Return the account that pays for an order, and the one in which its minutes are held."""
    if order.payer == "pool":
        return await _of_county(tx, order, "pool"), await _of_county(tx, order, "pool_hold")
    owner = order.beneficiary_id
    return await account_of(tx.db, owner, "personal_available"), await account_of(tx.db, owner, "personal_hold")


async def _of_county(tx: Command, thing: Row, kind: str) -> Facts:
    return await account_in(tx.db, area_code_of(thing.area_code, COUNTY_DIGITS), kind)


def _reference(claim: Row, what: str) -> str:
    # The version makes it another one when a panel has it paid anew.
    return f"{CLAIM_REFERENCE}{claim.id}.{claim.version}.{what}"
