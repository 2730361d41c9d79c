"""Posts minutes from account to account, as part of any command: `post(tx, [Posting(…), …])`.

Commands hold no accounts. What is posted goes to `ledger_post` in the command's own statement; it holds the accounts for as
long as it takes, so that one account that everybody pays into is no slower than many.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.database import Db
from gridwhistle.common.events.timebank import AccountKind, LedgerPosted, Posted, PostingType
from gridwhistle.common.ids import area_code_of, new_id
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import NotFound
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.timebank.domain import AccountGone, DisputedInstead, Facts, ReversalsStand, refusal
from gridwhistle.timebank.tables import POST, accounts, journals, postings

MINUTES_MAX: Final = 2**53 - 1
Balance = Annotated[int, Field(ge=-MINUTES_MAX, le=MINUTES_MAX, examples=[180], description="Whole minutes.")]
"""What is on an account, as people read it."""
CLAIM_REFERENCE: Final = "claim/"
"""How references of what is posted for claims begin; those of applications begin with their county."""
_KNOWN: Final = "accounts of the time bank"
_KNOWN_MAX: Final = 50_000
_BY_ID: Final = "SELECT id, kind, area_code, owner_id FROM account WHERE id = ANY ($1::uuid[])"
_FACTS: Final = select(*(accounts.c[name] for name in Facts._fields))


@dataclass(slots=True)
class Posting:
    """Minutes that move from one account to another."""

    type: PostingType
    source: Facts
    target: Facts
    minutes: int
    reference: str | None = None
    """Names it: what is posted under a reference is posted once."""
    for_id: UUID | None = None
    """The order, or whatever else it is posted for."""
    unlocks: int = 0
    """Of the minutes that go, so many were locked."""
    locks: int = 0
    """Of the minutes that come, so many are locked: they count, and cannot be spent."""
    reverses_id: UUID | None = None


class _Known:
    """What never changes of accounts, as it was read; the oldest is forgotten when there is too much of it."""

    def __init__(self) -> None:
        self.facts: dict[UUID, Facts] = {}
        self._wanted: set[UUID] = set()
        self._turn = asyncio.Lock()

    async def look(self, db: Db, ids: Collection[UUID]) -> dict[UUID, Facts]:
        """Read what is not known yet. One question is under way at a time; what is wanted meanwhile is in the next."""
        self._wanted.update(ids)
        async with self._turn:
            if not self._wanted.isdisjoint(ids):  # or somebody has asked for these as well
                asked = list(self._wanted)
                rows = await db.database.run(db.database.reads, _BY_ID, asked)
                self._wanted.difference_update(asked)
                while len(self.facts) > _KNOWN_MAX:
                    del self.facts[next(iter(self.facts))]
                self.facts.update({row[0]: Facts(*row) for row in rows})
            return {id_: self.facts[id_] for id_ in ids if id_ in self.facts}


async def facts_of(db: Db, ids: Iterable[UUID]) -> dict[UUID, Facts]:
    """Return what never changes of accounts, those that are there; asked for once, then known."""
    known: _Known = db.database.known.setdefault(_KNOWN, _Known())
    wanted = set(ids)
    # Not `wanted & facts.keys()`, which may go through all that is known; and before what is known may be forgotten.
    found = {id_: known.facts[id_] for id_ in wanted if id_ in known.facts}
    if len(found) < len(wanted):
        found |= await known.look(db, wanted - found.keys())
    return found


async def account_of(db: Db, owner_id: UUID, kind: str) -> Facts:
    """Return an owner's account of a kind.

    Raises:
        AccountGone: there is none.
    """
    row = await db.first(_FACTS.where(accounts.c.owner_id == owner_id, accounts.c.kind == kind))
    if row is None:
        raise AccountGone
    return Facts(*row)


async def account_in(db: Db, area_code: str, kind: str) -> Facts:
    """Return an area's own account of a kind: its pool, or where its minutes come from.

    Raises:
        AccountGone: there is none.
    """
    row = await db.first(
        _FACTS.where(accounts.c.area_code == area_code, accounts.c.owner_id.is_(None), accounts.c.kind == kind)
    )
    if row is None:
        raise AccountGone
    return Facts(*row)


def post(
    tx: Command,
    postings: Sequence[Posting],
    *,
    reason: str | None = None,
    posted_by: str | None = None,
    approved_by: str | None = None,
    items: Sequence[int] = (),
) -> list[UUID]:
    """Post with this command, all of it or nothing; return the ids of the postings.

    What the database refuses is a refusal of the command: not enough minutes, a frozen account, a reference that was used.

    Args:
        tx: the command.
        postings: in the order in which they happen.
        reason: for the voucher.
        posted_by: who posts; the caller, if left out.
        approved_by: who has approved what another one posts.
        items: of which item each posting is, where each has an answer of its own (`Command.call`).

    Raises:
        NotThatWay, OtherOwner, OtherCounty: minutes do not go that way.
    """
    for posting in postings:
        if no := refusal(posting.type, posting.source, posting.target):
            raise no
    more = {"reason": reason, "posted_by": posted_by or tx.caller.id, "approved_by": approved_by}
    journal = _journal(tx, postings, more)
    ids = [new_id() for _ in postings]
    as_of = tx.db.as_of
    rows = [
        {
            "id": id_,
            "journal_id": journal.id,
            "type": posting.type,
            "from_account_id": posting.source.id,
            "to_account_id": posting.target.id,
            "minutes": posting.minutes,
            "unlocks": posting.unlocks,
            "locks": posting.locks,
            "reverses_id": posting.reverses_id,
            "reference": posting.reference,
            "for_id": posting.for_id,
            "as_of": as_of,
        }
        for id_, posting in zip(ids, postings, strict=True)
    ]
    tx.call(POST, rows, items=items)
    return ids


def own_reference(posting: Any) -> str | None:
    """Return the reference of a posting as its application gave it; kept, it begins with the county."""
    return str(posting.reference).partition("/")[2] if posting.reference else None


async def reversal(db: Db, caller: Principal, posting_id: UUID) -> Posting:
    """Return the posting that takes a posting back.

    Raises:
        NotFound: there is no such posting, or none of whose accounts the caller reaches one.
        ReversalsStand: it takes back another one itself.
        DisputedInstead: it was posted for a claim.
    """
    posting = await db.first(select(postings).where(postings.c.id == posting_id))
    sides = await facts_of(db, (posting.from_account_id, posting.to_account_id)) if posting else {}
    if posting is None or not any(caller.reaches(accounts, side) for side in sides.values()):
        raise NotFound(thing=thing_of(postings))
    if posting.reverses_id:
        raise ReversalsStand
    if (posting.reference or "").startswith(CLAIM_REFERENCE):
        raise DisputedInstead
    source, target = sides[posting.to_account_id], sides[posting.from_account_id]
    return Posting("reverse", source, target, posting.minutes, for_id=posting.for_id, reverses_id=posting_id)


def lock(tx: Command, account: Facts, minutes: int) -> None:
    """Lock minutes of an account, so that they count and cannot be spent; unlock them, if less than zero.

    The database refuses to lock what is not there (`not_enough_minutes`) and to unlock what is not locked (`not_locked`).
    """
    row = {"id": new_id(), "from_account_id": account.id, "to_account_id": account.id, "minutes": 0, "as_of": tx.db.as_of}
    tx.call(POST, [{**row, "unlocks": max(-minutes, 0), "locks": max(minutes, 0)}])


def _journal(tx: Command, postings: Sequence[Posting], more: dict[str, Any]) -> Row:
    """Make the voucher of what a command posts, and tell of it."""
    area_code = _common(posting.source.area_code for posting in postings)
    more |= {"posted_at": tx.now, "postings": len(postings), "area_code": area_code}
    journal = tx.insert(journals, version=1, event_no=0, **more)
    tx.record(journal, "post", more["reason"])
    kinds = [(posting.type, posting.source.kind, posting.target.kind) for posting in postings]
    numbers, minutes = Counter(kinds), Counter[tuple[PostingType, AccountKind, AccountKind]]()
    for kind, posting in zip(kinds, postings, strict=True):
        minutes[kind] += posting.minutes
    lines = [
        Posted.model_construct(
            type_code=kind, from_kind=source, to_kind=target, postings=number, minutes=minutes[kind, source, target]
        )
        for (kind, source, target), number in numbers.items()
    ]
    tx.tell(journal, LedgerPosted.model_construct(lines=lines))
    return journal


def _common(area_codes: Iterable[str]) -> str:
    """Return the area in which all of these lie."""
    common, *others = set(area_codes)
    digits = 12
    while digits and any(other[:digits] != common[:digits] for other in others):
        digits -= 3
    return area_code_of(common, digits)
