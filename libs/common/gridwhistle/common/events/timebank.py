"""What the time bank tells: what was posted, never whose it is."""

from typing import Annotated, Literal

from pydantic import Field

from gridwhistle.common.data_classes import OPEN, P1, Count
from gridwhistle.common.events import Event
from gridwhistle.common.events.inventory import SessionPurged

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
PostingType = Literal[
    "hold",
    "capture",
    "release",
    "earn_public",
    "earn_group",
    "grant",
    "transfer",
    "donate",
    "exchange",
    "expire",
    "reverse",
    "adjust",
    "import",
    "clear_out",
]
"""冻结, 结算, 解冻, 公益所得, 团体所得, 拨付, 转赠, 捐赠, 兑换, 到期, 冲正, 调整, 迁入, 清算转出."""
LINES_MAX = 1_000


class Posted(Event):
    """Postings of one type between two kinds of accounts: how many, and how many minutes together."""

    type_code: Annotated[PostingType, OPEN, P1]
    from_kind: Annotated[AccountKind, OPEN, P1]
    to_kind: Annotated[AccountKind, OPEN, P1]
    postings: Count
    minutes: Count


class LedgerPosted(Event, type="gw.timebank.ledger.posted.v1"):
    """Minutes moved, all of them at once; nobody's in particular."""

    lines: Annotated[list[Posted], Field(min_length=1, max_length=LINES_MAX)]


class _AccountEvent(Event):
    kind: Annotated[AccountKind, OPEN, P1]


class AccountFrozen(_AccountEvent, type="gw.timebank.account.frozen.v1"):
    """Nothing is posted to an account while something is looked into, for thirty days at most."""


class AccountUnfrozen(_AccountEvent, type="gw.timebank.account.unfrozen.v1"):
    """Things are posted to an account again."""


class PoolLow(Event, type="gw.timebank.account.pool_low.v1"):
    """A public pool has less left than its county wants of what it gave in ninety days; told once, until it is filled."""

    balance_minutes: Count
    used_minutes: Count


class TimebankSessionPurged(SessionPurged, type="gw.timebank.session.purged.v1"):
    """What was personal in an emergency session is gone from this service; counts alone remain."""
