"""The time bank's words and rules: kinds of accounts, and what may happen to an account, who may do it, and why."""

from typing import Final, Literal, get_args

from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.problems import Conflict, Invalid, Term

AccountKind = Literal[
    "personal_available",
    "personal_hold",
    "group",
    "pool",
    "pool_hold",
    "issuance",
    "redeemed",
    "retired",
    "clearing",
]
"""个人可用, 个人冻结, 团体, 公益池, 公益池冻结, 发行, 已兑换, 已注销, 清算."""
KINDS: Final[tuple[str, ...]] = get_args(AccountKind)
OWNED: Final = frozenset({"personal_available", "personal_hold", "group"})
"""Kinds of accounts that somebody owns; of the others an area has one each."""
OVERDRAWN: Final = frozenset({"issuance", "clearing"})
"""Kinds whose balance may be below zero: where minutes come from."""
ADMIN: Final = frozenset({"timebank_admin"})


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


def check_owner(kind: str, owner: object) -> None:
    """Check that an account has an owner if its kind has.

    Raises:
        OwnerNeeded: it should have one and has none, or the other way round.
    """
    if (kind in OWNED) != (owner is not None):
        raise OwnerNeeded


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
        Step("frozen", "unfreeze", "open", ADMIN, "a person has looked"),
        Step("open", "close", "closed", ADMIN, "its owner has left, and nothing is on it"),
    ),
    zh={"open": "开立", "freeze": "冻结", "frozen": "已冻结", "unfreeze": "解冻", "close": "销户", "closed": "已销户"},
)
