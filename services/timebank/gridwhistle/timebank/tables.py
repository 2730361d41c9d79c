"""What the time bank stores."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, MetaData, Table, Text, Uuid

from gridwhistle.common.events.timebank import PostingType
from gridwhistle.common.problems import Term
from gridwhistle.common.retention import Kept
from gridwhistle.common.statements import Function
from gridwhistle.common.tables import NAMING, code, moment, newest_first, place, root, word
from gridwhistle.timebank.domain import ACCOUNT, KINDS, OVERDRAWN, OWNED, PROPOSAL, ProposalType

metadata = MetaData(naming_convention=NAMING)


def _listed(words: frozenset[str]) -> str:
    return ", ".join(f"'{one}'" for one in sorted(words))


# Minutes, whose nobody can tell from here: an owner is an id, and the ledger keeps it as a pseudonym when the owner is gone.
accounts: Final = Table(
    "account",
    metadata,
    *root(),
    *place(),
    *word("kind", KINDS),
    Column("owner_id", Uuid),
    *word("state", ACCOUNT.states),
    Column("balance_minutes", BigInteger, nullable=False),
    Column("locked_minutes", BigInteger, nullable=False),
    moment("opened_at", nullable=False),
    moment("posted_at"),
    moment("doubted_at"),  # since when it does not agree with its postings
    moment("low_at"),  # of a pool: since when little is left of what it usually gives
    CheckConstraint(f"(owner_id IS NOT NULL) = (kind IN ({_listed(OWNED)}))", name="owner_iff_owned"),
    CheckConstraint(
        f"balance_minutes >= locked_minutes OR kind IN ({_listed(OVERDRAWN)})",
        name="not_overdrawn",
    ),
    CheckConstraint("locked_minutes >= 0", name="locks_not_negative"),
    CheckConstraint("state <> 'closed' OR balance_minutes = 0", name="closed_when_empty"),
    info={"thing": ACCOUNT.thing, "kept": Kept("r4"), "own": "owner_id", "machine": ACCOUNT},
    postgresql_with={"fillfactor": 70},  # every posting changes two rows, each in its page if there is room
)
_owner, _kind = accounts.c.owner_id, accounts.c.kind
Index("account_one_a_kind_of_owner", _owner, _kind, unique=True, postgresql_where=_owner.is_not(None))
Index("account_one_a_kind_of_area", accounts.c.area_code, _kind, unique=True, postgresql_where=_owner.is_(None))
newest_first(accounts, accounts.c.id)

# What one command posted: the voucher (凭证) of its postings, and the thing that events tell of.
journals: Final = Table(
    "journal",
    metadata,
    *root(),
    *place(),
    moment("posted_at", nullable=False),
    Column("posted_by", Text, nullable=False),
    Column("approved_by", Text),
    Column("postings", Integer, nullable=False),
    Column("reason", Text),
    CheckConstraint("approved_by <> posted_by", name="two_persons_approve"),
    info={"thing": Term("记账凭证", "journal"), "kept": Kept("r4")},
)
newest_first(journals, journals.c.id)
# A posting is both its entries: what leaves the one account comes to the other, so no sum can be anything but zero. Rows are
# made by `ledger_post` alone, which holds both accounts; they are never changed nor deleted, and a trigger says so.
postings: Final = Table(
    "posting",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("journal_id", Uuid, nullable=False),
    *word("type", PostingType),
    Column("from_account_id", Uuid, nullable=False),
    Column("to_account_id", Uuid, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("from_version", Integer, nullable=False),  # of the accounts, and their balances, once it was posted
    Column("to_version", Integer, nullable=False),
    Column("from_balance_minutes", BigInteger, nullable=False),
    Column("to_balance_minutes", BigInteger, nullable=False),
    moment("at", nullable=False),  # on one account never earlier than the posting before
    Column("reverses_id", Uuid),
    code("reference", nullable=True),
    Column("for_id", Uuid),  # the order, the proposal, whatever it is posted for
    CheckConstraint("minutes > 0", name="moves_something"),
    CheckConstraint("from_account_id <> to_account_id", name="between_two_accounts"),
    CheckConstraint("(reverses_id IS NOT NULL) = (type = 'reverse')", name="reverses_iff_reverse"),
    Index(None, "from_account_id", "at", "from_version"),
    Index(None, "to_account_id", "at", "to_version"),
    Index(None, "journal_id"),
    Index(None, "at", postgresql_using="brin"),
    info={"thing": Term("记账", "posting"), "kept": Kept("r4")},
)
for _name in ("reference", "reverses_id"):
    Index(f"posting_{_name}_once", postings.c[_name], unique=True, postgresql_where=postings.c[_name].is_not(None))
Index("posting_for_id", postings.c.for_id, postgresql_where=postings.c.for_id.is_not(None))

# What two persons decide. Who proposes has given the first approval, so the second is another one's.
proposals: Final = Table(
    "proposal",
    metadata,
    *root(numbered=False),
    *place(),
    *word("type", ProposalType),
    *word("state", PROPOSAL.states),
    Column("from_account_id", Uuid, nullable=False),
    Column("to_account_id", Uuid, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("reverses_id", Uuid),
    Column("resolution_ref", Text),
    Column("reason", Text, nullable=False),
    Column("subject_id", Text),
    Column("proposed_by", Text, nullable=False),
    Column("approved_by", Text, nullable=False),
    Column("decided_by", Text),
    moment("proposed_at", nullable=False),
    moment("decided_at"),
    CheckConstraint("(resolution_ref IS NOT NULL) = (type = 'grant')", name="resolution_iff_grant"),
    CheckConstraint("(reverses_id IS NOT NULL) = (type = 'reverse')", name="reverses_iff_reverse"),
    CheckConstraint("(decided_at IS NOT NULL) = (state <> 'proposed')", name="decided_at_iff_decided"),
    CheckConstraint("state <> 'approved' OR decided_by <> proposed_by", name="two_persons_approve"),
    info={"thing": Term("记账申请", "proposal"), "kept": Kept("r4")},
)
newest_first(proposals, proposals.c.id)
POST: Final = Function(
    "ledger_post",
    (
        ("id", "uuid"),
        ("journal_id", "uuid"),
        ("type", "text"),
        ("from_account_id", "uuid"),
        ("to_account_id", "uuid"),
        ("minutes", "int"),
        ("unlocks", "int"),
        ("locks", "int"),
        ("reverses_id", "uuid"),
        ("reference", "text"),
        ("for_id", "uuid"),
        ("as_of", "timestamptz"),
    ),
)
"""Posts: holds all accounts in the order of their ids, goes through the rows in theirs, and writes all of them or refuses some.

Of the account that gives, `unlocks` minutes of what is locked may go; of what the other one gets, `locks` are locked. A row
without a type moves nothing, and locks or unlocks on the account that it names twice.
"""
