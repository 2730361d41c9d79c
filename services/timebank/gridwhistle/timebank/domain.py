"""The time bank's words and rules: kinds of accounts and of postings; what may happen to an account, and who may do it."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, get_args
from uuid import UUID

from gridwhistle.common.events.timebank import AccountKind, PostingType
from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, Forbidden, Invalid, NotFound, Problem, Term
from gridwhistle.timebank.limits import FREEZE

KINDS: Final[tuple[str, ...]] = get_args(AccountKind)
OWNED: Final = frozenset({"personal_available", "personal_hold", "group"})
"""Kinds of accounts that somebody owns; of the others an area has one each."""
OVERDRAWN: Final = frozenset({"issuance", "clearing"})
"""Kinds whose balance may be below zero: where minutes come from."""
ADMIN: Final = frozenset({"timebank_admin"})
COUNTY_DIGITS: Final = 6
_PERSON: Final = frozenset({"personal_available"})
_EARNS: Final = frozenset({"personal_available", "group", "pool"})  # who has earned enough gives the rest to the pool
_HOLDS: Final[Mapping[str, str]] = {"personal_available": "personal_hold", "pool": "pool_hold"}


def _pairs(sources: frozenset[str] | set[str], targets: frozenset[str] | set[str]) -> frozenset[tuple[str, str]]:
    return frozenset((source, target) for source in sources for target in targets)


PAIRS: Final[Mapping[PostingType, frozenset[tuple[str, str]]]] = {
    "hold": frozenset(_HOLDS.items()),
    "capture": _pairs(set(_HOLDS.values()), _EARNS),
    "release": frozenset((hold, source) for source, hold in _HOLDS.items()),
    "earn_public": _pairs({"issuance"}, {"personal_available", "pool"}),
    "earn_group": _pairs({"issuance"}, {"group"}),
    "grant": frozenset({("issuance", "pool"), ("pool", "personal_available")}),
    "transfer": frozenset({("personal_available", "personal_available")}),
    "donate": _pairs({"personal_available", "group"}, {"pool"}),
    "exchange": _pairs(_PERSON, {"redeemed"}),
    "expire": _pairs({"personal_available", "group"}, {"retired"}),
    "adjust": _pairs({"issuance"}, set(KINDS) - {"issuance"}) | _pairs(set(KINDS) - {"issuance"}, {"issuance"}),
    "import": _pairs({"clearing"}, _EARNS),
    "clear_out": _pairs(_PERSON, {"clearing"}),
}
"""From which kind of account to which other each type of posting moves minutes; a reversal goes back the way of what it reverses."""
WORDS: Final[Mapping[str, Term]] = {
    kind: Term(zh, kind.replace("_", " "))
    for kind, zh in zip(
        get_args(PostingType),
        [
            "冻结",
            "结算",
            "解冻",
            "公益所得",
            "团体所得",
            "拨付",
            "转赠",
            "捐赠",
            "兑换",
            "到期",
            "冲正",
            "调整",
            "迁入",
            "清算转出",
        ],
        strict=True,
    )
}
"""Types as people read them."""
BY_TWO: Final[frozenset[PostingType]] = frozenset({"grant", "adjust", "reverse"})
"""Types that two persons decide: one proposes, another one approves."""
ProposalType = Literal["grant", "adjust", "reverse"]
"""拨付, 调整, 冲正."""
SAME_OWNER: Final[frozenset[PostingType]] = frozenset({"hold", "release"})


class Facts(NamedTuple):
    """What of an account never changes."""

    id: UUID
    kind: AccountKind
    area_code: str
    owner_id: UUID | None

    @property
    def county(self) -> str:
        """The county whose books it is in."""
        return self.area_code[:COUNTY_DIGITS]


class OwnerNeeded(Invalid):
    """Some kinds of accounts have an owner, and the others have none."""

    code = "owner_needed"
    zh = "个人和团体账户须注明 owner_id,其他账户不得注明。"
    en = "Say an owner_id for accounts of persons and groups, and none for others."


class AccountThere(Conflict):
    """The owner, or the area, has an account of that kind."""

    code = "account_there"
    zh, en = "这类账户已开立。", "There is an account of that kind already."


class MinutesLeft(Conflict):
    """An account is closed when nothing is left on it."""

    code = "minutes_left"
    zh = "账户余额不为零,请先转赠、捐赠或注销余额。"
    en = "There are minutes on the account; give them away, donate or retire them before it is closed."


class CountysOwn(Conflict):
    """A county pays and holds by its own accounts as long as it has a time bank."""

    code = "countys_own_account"
    zh, en = "县(区域)自有账户不得销户。", "An account of an area's own is not closed."


class OwnerStays(Conflict):
    """Whoever takes part has their accounts; they are closed with their leaving."""

    code = "owner_stays"
    zh, en = "账户主尚未注销或解散;注销时账户随之销户。", "Its owner has not left; when they do, it is closed with that."


class OwnAccount(Forbidden):
    """Nobody governs what is theirs."""

    code = "own_account"
    zh, en = "该账户属于您本人,须由他人办理。", "This account is yours, so somebody else has to do it."


class NotProposedByYou(Forbidden):
    """A proposal is withdrawn by who made it."""

    code = "not_proposed_by_you"
    zh, en = "只能由提出人撤回。", "Only who proposed it withdraws it."


class ReversalsStand(Conflict):
    """A reversal is not reversed."""

    code = "reversals_stand"
    zh = "冲正分录不能再冲正,请另行申请调整。"
    en = "A reversal is not reversed; propose an adjustment."


class DisputedInstead(Conflict):
    """What was posted for a claim goes back with the claim, which would not know of it otherwise."""

    code = "disputed_instead"
    zh = "接单产生的分录不能单独冲正,请对该接单提出争议。"
    en = "What was posted for a claim is not reversed by itself; dispute the claim."


class NotThatWay(Invalid):
    """Minutes do not go from the one kind of account to the other by that type of posting."""

    code = "not_that_way"
    zh = "“{type}”不能在这两类账户之间记账;允许的方向:{ways}。"
    en = "A posting of the type {type} does not go between these kinds of accounts; it goes: {ways}."


class OtherOwner(Invalid):
    """What is held is held of one owner; what is given is given to another."""

    code = "other_owner"
    zh = "冻结和解冻须在同一账户主名下;转赠须在不同账户主之间。"
    en = "Minutes are held and released within one owner's accounts, and transferred between two owners'."


class OtherCounty(Invalid):
    """Each county's books close by themselves."""

    code = "other_county"
    zh, en = (
        "记账双方须在同一县;跨县往来走清算账户。",
        "Both accounts are in one county's books; between counties there is clearing.",
    )


class NotEnoughMinutes(Conflict):
    """Time may not be owed."""

    code = "not_enough_minutes"
    zh = "可用时间不足:余额减去锁定部分后不够本次支出。"
    en = "There are not enough minutes on the account: its balance, less what is locked, does not cover this."


class AccountNotOpen(Conflict):
    """Nothing is posted to an account that is frozen or closed. It may be open later, so what is done by itself tries again."""

    code, kept = "account_not_open", False
    zh, en = "账户已冻结或已销户,不能记账。", "The account is frozen or closed; nothing is posted to it."


class AlreadyReversed(Conflict):
    """A posting is reversed once."""

    code = "already_reversed"
    zh, en = "该笔已冲正,不能再次冲正。", "It was reversed already, and is reversed only once."


class ReferenceUsed(Conflict):
    """A reference names one posting."""

    code = "reference_used"
    zh = "该业务编号已记过账;每笔业务只能记一次。"
    en = "Something was posted under that reference already; it names one posting."


class NotLocked(Conflict):
    """Less is locked on the account than is to be unlocked."""

    code = "not_locked"
    zh, en = "账户锁定的时间少于要解锁的时间。", "Fewer minutes are locked on the account than are to be unlocked."


class AccountGone(NotFound):
    """A posting names an account that is not there. It may be opened later, so what is done by itself tries again."""

    code, kept = "no_such_account", False
    zh, en = "没有这个账户。", "There is no such account."


REFUSED: Final[Mapping[str, type[Problem]]] = {
    "account_exists": AccountGone,
    "account_open": AccountNotOpen,
    "account_not_overdrawn": NotEnoughMinutes,
    "account_locks_not_negative": NotLocked,
    "posting_reference_once": ReferenceUsed,
    "posting_reverses_id_once": AlreadyReversed,
}
"""The words for what the ledger's function refuses, and the tables after it."""


def refusal(kind: PostingType, source: Facts, target: Facts) -> Problem | None:
    """Return why a posting of this type does not go from the one account to the other, or None.

    A reversal is not looked at: it goes back the way of what it reverses.
    """
    if kind == "reverse":
        return None
    if (source.kind, target.kind) not in PAIRS[kind]:
        ways = [Term(f"{a} → {b}", f"{a} → {b}") for a, b in sorted(PAIRS[kind])]
        return NotThatWay(type=Term(kind, kind), ways=ways)
    if source.county != target.county:
        return OtherCounty()
    if kind in SAME_OWNER and source.owner_id != target.owner_id:
        return OtherOwner()
    return OtherOwner() if kind == "transfer" and source.owner_id == target.owner_id else None


def check_owner(kind: str, owner: object) -> None:
    """Check that an account has an owner if its kind has.

    Raises:
        OwnerNeeded: it should have one and has none, or the other way round.
    """
    if (kind in OWNED) != (owner is not None):
        raise OwnerNeeded


def not_ones_own_account(account: Any, caller: Principal) -> Problem | None:
    """Say no to whom an account belongs to."""
    return OwnAccount() if str(account.owner_id) == caller.id else None


def _may_close(account: Any, caller: Principal) -> Problem | None:
    return not_ones_own_account(account, caller) if account.owner_id else CountysOwn()


ACCOUNT: Final = Machine(
    Term("账户", "account"),
    (
        #    from      action      to        who               why
        Step(None, "open", "open", ADMIN | {"auto"}, "an account is there before anything is posted to it"),
        Step(
            "open",
            "freeze",
            "frozen",
            ADMIN | {"auto"},
            "while something is looked into nothing moves; the self-check freezes by itself",
        ),
        Step(
            "frozen",
            "unfreeze",
            "open",
            ADMIN | {"auto"},
            "a person has looked, or its days are over; what the self-check froze waits for a person",
            not_ones_own_account,
        ),
        Step("open", "close", "closed", ADMIN | {"auto"}, "its owner has left, and nothing is on it", _may_close),
    ),
    zh={"open": "开立", "freeze": "冻结", "frozen": "已冻结", "unfreeze": "解冻", "close": "销户", "closed": "已销户"},
    clocks={"frozen": [FREEZE]},
    auto={FREEZE: "unfreeze"},
)


def only_who_proposed(proposal: Any, caller: Principal) -> Problem | None:
    """Say no to everybody but who made the proposal."""
    return None if proposal.proposed_by == caller.id else NotProposedByYou()


PROPOSAL: Final = Machine(
    Term("记账申请", "proposal"),
    (
        #    from        action      to           who    why
        Step(None, "propose", "proposed", ADMIN, "minutes that nobody earned are never one person's to give or take"),
        Step("proposed", "approve", "approved", ADMIN, "the second of two persons; it is posted at once", approval=True),
        Step("proposed", "reject", "rejected", ADMIN, "the second of two persons", approval=True),
        Step("proposed", "withdraw", "withdrawn", ADMIN, "who proposed it has changed their mind", only_who_proposed),
    ),
    zh={
        "propose": "提出",
        "proposed": "待复核",
        "approve": "复核通过",
        "approved": "已记账",
        "reject": "复核不通过",
        "rejected": "未通过",
        "withdraw": "撤回",
        "withdrawn": "已撤回",
    },
)
