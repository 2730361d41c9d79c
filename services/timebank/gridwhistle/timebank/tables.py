"""What the time bank stores."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, MetaData, Table, Uuid

from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.tables import NAMING, moment, newest_first, place, root, word
from gridwhistle.timebank.domain import ACCOUNT, KINDS, OVERDRAWN, OWNED

metadata = MetaData(naming_convention=NAMING)


def _listed(words: frozenset[str]) -> str:
    return ", ".join(f"'{one}'" for one in sorted(words))


# Minutes, whose nobody can tell from here: an owner is an id, and the ledger keeps it as a pseudonym when the owner is gone.
accounts: Final = Table(
    "account",
    metadata,
    *root(numbered=False),
    *place(),
    *word("kind", KINDS),
    Column("owner_id", Uuid),
    *word("state", ACCOUNT.states),
    Column("balance_minutes", BigInteger, nullable=False),
    Column("locked_minutes", BigInteger, nullable=False),
    moment("opened_at", nullable=False),
    moment("posted_at"),
    CheckConstraint(f"(owner_id IS NOT NULL) = (kind IN ({_listed(OWNED)}))", name="owner_iff_owned"),
    CheckConstraint(
        f"balance_minutes >= locked_minutes OR kind IN ({_listed(OVERDRAWN)})",
        name="not_overdrawn",
    ),
    CheckConstraint("locked_minutes >= 0", name="locks_not_negative"),
    CheckConstraint("state <> 'closed' OR balance_minutes = 0", name="closed_when_empty"),
    info={"thing": Term("账户", "account"), "kept": Kept("r4"), "own": "owner_id"},
    postgresql_with={"fillfactor": 70},  # every posting changes two rows, each in its page if there is room
)
_owner, _kind = accounts.c.owner_id, accounts.c.kind
Index("account_one_a_kind_of_owner", _owner, _kind, unique=True, postgresql_where=_owner.is_not(None))
Index("account_one_a_kind_of_area", accounts.c.area_code, _kind, unique=True, postgresql_where=_owner.is_(None))
newest_first(accounts, accounts.c.id)
