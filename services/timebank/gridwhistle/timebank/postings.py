"""What applications post: minutes from account to account, one or a thousand at once; each happens once, or not at all."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.data_classes import OPEN, Word
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.timebank import PostingType
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, NotFound, Problem, Term
from gridwhistle.common.reasons import Reason
from gridwhistle.common.rows import thing_of
from gridwhistle.common.wire import Body, View
from gridwhistle.timebank.domain import REFUSED, Facts, refusal
from gridwhistle.timebank.ledger import Balance, Posting, facts_of, own_reference, post
from gridwhistle.timebank.tables import accounts, postings

router = Router("timebank", "Postings 记账")
BATCH_MAX = 1_000
MINUTES_MAX = 1_000_000
Minutes = Annotated[int, Field(ge=1, le=MINUTES_MAX, examples=[90])]
Reference = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}$",
        description="Your own number for it. Within a county one number names one posting.",
        examples=["order-17-capture"],
    ),
]
OneSigns = Literal[
    "hold", "capture", "release", "earn_public", "earn_group", "transfer", "donate", "exchange", "expire", "import", "clear_out"
]
"""Types that one posts alone; what two decide is proposed."""
_OF_YOURS = Field(description="Null, where the account lies outside your jurisdiction.")
Result = Literal["posted", "known", "refused"]


class NewPosting(Body):
    """Minutes that move. Who posts has looked at what the type asks for: kinship, consents, notice."""

    type: OneSigns
    from_account_id: UUID
    to_account_id: UUID
    minutes: Minutes
    reference: Reference | None = None


class NewPostings(Body):
    """Up to a thousand postings, in the order in which they happen."""

    postings: Annotated[list[NewPosting], Field(min_length=1, max_length=BATCH_MAX)]
    all_or_nothing: Annotated[bool, Field(description="Post nothing if anything is refused.")] = False
    reason: Reason | None = None


class PostedView(View):
    """What was posted. `GET` by its id says when, and what is on the accounts since."""

    id: UUID
    type: Annotated[PostingType, OPEN]
    from_account_id: UUID
    to_account_id: UUID
    minutes: Minutes
    reference: Reference | None


class PostingView(PostedView):
    """A posting: both its entries, and what was on the accounts after it, those that you may see."""

    journal_id: UUID
    at: AwareDatetime
    from_balance_minutes: Annotated[Balance | None, _OF_YOURS]
    to_balance_minutes: Annotated[Balance | None, _OF_YOURS]
    reverses_id: UUID | None
    for_id: UUID | None


class PostingResult(View):
    """What became of one posting: `posted`, `known` (posted before under its reference), or `refused` and the code why."""

    index: Annotated[int, Field(ge=0, lt=BATCH_MAX)]
    result: Result
    posting_id: UUID | None
    code: Word | None


class PostingResults(View):
    """The results, in the order of the postings."""

    results: Annotated[list[PostingResult], Field(max_length=BATCH_MAX)]


class NothingPosted(Conflict):
    """All or nothing, and something was refused."""

    code = "nothing_posted"
    zh = "整批未记账:有 {count} 笔被拒绝,见 errors。"
    en = "Nothing was posted, since of these postings so many are refused: {count}; see errors."


@router.post("/postings", may="ledger:post", status_code=201, needs_key=True)
async def post_minutes(body: NewPosting, caller: Caller, db: Db) -> PostedView:
    """Post minutes from one account to another (记账). It is refused if the account does not cover it."""
    posting = _posting(body, await facts_of(db, (body.from_account_id, body.to_account_id)), caller)
    if isinstance(posting, Problem):
        raise posting
    async with db.command(caller) as tx:
        (id_,) = post(tx, [posting])
        return tx.answer(PostedView.of(body, id=id_))


@router.post("/postings/batch", may="ledger:post", needs_key=True, body_bytes_max=2 * 1024 * 1024)
async def post_many(body: NewPostings, caller: Caller, db: Db) -> PostingResults:
    """Post up to a thousand at once, each with its own result. One that is refused does not stop the others, unless you say so.

    They happen in their order: what one brings, the next may spend.
    """
    ids = {id_ for one in body.postings for id_ in (one.from_account_id, one.to_account_id)}
    known, refused = await facts_of(db, ids), db.refused_items
    read = [_posting(one, known, caller) for one in body.postings]
    twice = _said_twice(body.postings)
    async with db.command(caller) as tx:
        results: dict[int, PostingResult] = {}
        good: dict[int, Posting] = {}
        before = await _known(db, [read[n] for n, why in refused.items() if why == "posting_reference_once"])
        for index, posting in enumerate(read):
            why = REFUSED[refused[index]].code if index in refused else "reference_used" if index in twice else None
            if isinstance(posting, Problem):
                results[index] = _result(index, "refused", code=posting.code)
            elif why is None:
                good[index] = posting
            elif there := before.get(_what(posting)):
                results[index] = _result(index, "known", there)
            else:
                results[index] = _result(index, "refused", code=why)
        if body.all_or_nothing and any(result.result == "refused" for result in results.values()):
            raise _nothing_posted(results)
        if good:
            posted = post(tx, list(good.values()), reason=body.reason, items=list(good))
            results.update({index: _result(index, "posted", id_) for index, id_ in zip(good, posted, strict=True)})
        return tx.answer(PostingResults.model_construct(results=[results[index] for index in range(len(read))]))


@router.get("/postings/{posting_id}", may="ledger:read")
async def get_posting(posting_id: UUID, caller: Caller, db: Db) -> PostingView:
    """Return a posting; whoever may see one of its accounts may see it, and what was on that one."""
    posting = await db.first(select(postings).where(postings.c.id == posting_id))
    sides = await facts_of(db, (posting.from_account_id, posting.to_account_id)) if posting else {}
    if posting is None or not any(caller.reaches(accounts, facts) for facts in sides.values()):
        raise NotFound(thing=thing_of(postings))
    return as_posted(posting, sides, caller)


def as_posted(posting: Any, sides: Mapping[UUID, Facts], caller: Principal) -> PostingView:
    """Return a posting as somebody sees it: with the balances of the accounts that lie in their jurisdiction."""
    balances = {
        f"{side}_balance_minutes": getattr(posting, f"{side}_balance_minutes") if caller.reaches(accounts, sides[id_]) else None
        for side, id_ in (("from", posting.from_account_id), ("to", posting.to_account_id))
    }
    return PostingView.of(posting, reference=own_reference(posting), **balances)


def _posting(body: NewPosting, known: Mapping[UUID, Facts], caller: Principal) -> Posting | Problem:
    """Return what is to be posted, or why not."""
    source, target = known.get(body.from_account_id), known.get(body.to_account_id)
    if not (source and target and caller.reaches(accounts, source) and caller.reaches(accounts, target)):
        return NotFound(thing=thing_of(accounts))
    reference = body.reference and f"{source.county}/{body.reference}"
    return refusal(body.type, source, target) or Posting(body.type, source, target, body.minutes, reference)


def _said_twice(said: Sequence[NewPosting]) -> set[int]:
    """Return which postings have the reference of one before them."""
    seen: set[str] = set()
    twice: set[int] = set()
    for index, one in enumerate(said):
        if one.reference in seen:
            twice.add(index)
        elif one.reference:
            seen.add(one.reference)
    return twice


def _what(posting: Posting) -> tuple[str | None, str, UUID, UUID, int]:
    return posting.reference, posting.type, posting.source.id, posting.target.id, posting.minutes


async def _known(db: Db, said: Sequence[Posting | Problem]) -> dict[tuple[str | None, str, UUID, UUID, int], UUID]:
    """Return the postings that are there under these references, by what they say."""
    references = [posting.reference for posting in said if isinstance(posting, Posting)]
    if not references:
        return {}
    p = postings.c
    asked = select(p.reference, p.type, p.from_account_id, p.to_account_id, p.minutes, p.id).where(p.reference.in_(references))
    return {tuple(row[:5]): row.id for row in await db.fetch(asked)}


def _result(index: int, result: Result, posting_id: UUID | None = None, code: str | None = None) -> PostingResult:
    return PostingResult.holding({"index": index, "result": result, "posting_id": posting_id, "code": code})


def _nothing_posted(results: Mapping[int, PostingResult]) -> NothingPosted:
    refused = [result for _, result in sorted(results.items()) if result.result == "refused"]
    words = Term("被拒绝", "is refused")
    errors = [{"pointer": f"#/postings/{one.index}", "code": one.code, "message": words} for one in refused[:20]]
    return NothingPosted(count=len(refused), errors=errors)
