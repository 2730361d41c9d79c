"""The ledger over HTTP: each type of posting right and wrong, many at once, what two persons decide, what can be read of it."""

import datetime as dt
import uuid
from typing import Any

import asyncpg
import pytest

from gridwhistle.common.sheet_formats import CSV, XLSX, texts_of
from gridwhistle.timebank.domain import BY_TWO, KINDS, OVERDRAWN, PAIRS
from tests.conftest import Loop, RunningSuite
from tests.counties import a_county
from tests.timebank.ledgers import BASE, COUNTY, Bank

SINGLE = [kind for kind in PAIRS if kind not in BY_TWO]
GIVE = {source for kind in SINGLE for source, _ in PAIRS[kind]} - OVERDRAWN


@pytest.fixture
def bank(suite: RunningSuite) -> Bank:
    return Bank(suite)


ME, SHE = "me", "she"


# --- one posting -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SINGLE)
def test_each_type_moves_minutes_between_its_kinds_of_accounts_and_no_others(bank: Bank, kind: str) -> None:
    for source_kind, target_kind in sorted(PAIRS[kind]):  # type: ignore[index]
        source = bank.account(source_kind, ME)
        target = bank.account(target_kind, SHE if kind == "transfer" else ME)
        if source_kind in GIVE:
            bank.fill(source, source_kind)
        before = bank.balance(source), bank.balance(target)

        answer = bank.post(kind, source, target, 90)

        assert answer.status_code == 201, answer.text
        assert (bank.balance(source), bank.balance(target)) == (before[0] - 90, before[1] + 90)
    wrong = [
        (source, target)
        for source in KINDS
        for target in KINDS
        if source != target and (source, target) not in PAIRS[kind]  # type: ignore[index]
    ]
    content = [
        {"type": kind, "from_account_id": bank.account(a, ME), "to_account_id": bank.account(b, ME), "minutes": 15}
        for a, b in wrong
    ]
    assert {result["code"] for result in bank.batch(content).json()["results"]} == {"not_that_way"}


@pytest.mark.parametrize("kind", sorted(GIVE))
def test_no_account_gives_more_than_it_has(bank: Bank, kind: str) -> None:
    source = bank.account(kind, ME)
    way, target_kind = next(
        (way, target) for way, pairs in PAIRS.items() if way not in BY_TWO for of, target in sorted(pairs) if of == kind
    )
    target = bank.account(target_kind, SHE if way == "transfer" else ME)
    bank.fill(source, kind, 90)

    refused, rest, again = (
        bank.post(way, source, target, 91),
        bank.post(way, source, target, 90),
        bank.post(way, source, target, 1),
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "not_enough_minutes")
    assert rest.status_code == 201
    assert again.json()["code"] == "not_enough_minutes"
    assert bank.balance(source) == 0


@pytest.mark.parametrize(
    ("kind", "source", "target"),
    [
        ("transfer", ("personal_available", ME), ("personal_available", ME)),
        ("hold", ("personal_available", ME), ("personal_hold", SHE)),
        ("release", ("personal_hold", SHE), ("personal_available", ME)),
    ],
)
def test_what_is_held_stays_its_owners_and_what_is_given_does_not(
    bank: Bank, kind: str, source: tuple[str, str], target: tuple[str, str]
) -> None:
    answer = bank.post(kind, bank.account(*source), bank.account(*target))

    assert (answer.status_code, answer.json()["code"]) == (422, "other_owner")


def test_each_countys_books_close_by_themselves(suite: RunningSuite, bank: Bank) -> None:
    admin = suite.somebody("timebank_admin", "990306")
    pool = admin.post(f"{BASE}/accounts", {"kind": "pool", "area_code": f"990306{uuid.uuid4().int % 10**6:06}"}).json()["id"]
    application = suite.somebody("integrator", COUNTY, "990306", scope="ledger:post")
    content = {"type": "import", "from_account_id": bank.account("clearing"), "to_account_id": pool, "minutes": 60}

    both = application.post(f"{BASE}/postings", content, Idempotency_Key=str(uuid.uuid4()))
    one = bank.post("import", bank.account("clearing"), pool)

    assert (both.status_code, both.json()["code"]) == (422, "other_county")
    assert (one.status_code, one.json()["code"]) == (404, "not_found")


def test_nothing_is_posted_to_a_frozen_account_either_way(bank: Bank) -> None:
    account = bank.account("personal_available", ME)
    bank.fill(account, "personal_available", 90)
    bank.admin.post(f"{BASE}/accounts/{account}/freeze", {"reason": "核查"})

    refused = [bank.post("import", bank.account("clearing"), account), bank.post("donate", account, bank.account("pool"))]
    bank.admin.post(f"{BASE}/accounts/{account}/unfreeze")

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(409, "account_not_open")] * 2
    assert bank.post("donate", account, bank.account("pool")).status_code == 201


def test_a_posting_needs_a_key_and_happens_once_under_it(bank: Bank) -> None:
    source, target = bank.account("issuance"), bank.account("pool")
    content = {"type": "earn_public", "from_account_id": source, "to_account_id": target, "minutes": 45}

    bare = bank.application.post(f"{BASE}/postings", content)
    key = str(uuid.uuid4())
    first, second = (bank.application.post(f"{BASE}/postings", content, Idempotency_Key=key) for _ in range(2))

    assert (bare.status_code, bare.json()["code"]) == (400, "bad_header")
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert bank.balance(target) == 45


def test_a_reference_names_one_posting(bank: Bank) -> None:
    source, target = bank.account("issuance"), bank.account("pool")

    first, second = (bank.post("earn_public", source, target, 45, reference="order-1") for _ in range(2))

    assert first.status_code == 201
    assert (second.status_code, second.json()["code"]) == (409, "reference_used")
    assert bank.balance(target) == 45


def test_a_posting_is_read_by_whoever_sees_one_of_its_accounts(suite: RunningSuite, bank: Bank) -> None:
    posted = bank.post(
        "earn_public", bank.account("issuance"), bank.account("personal_available", ME), 45, reference="a-1"
    ).json()
    path = f"{BASE}/postings/{posted['id']}"

    seen = bank.auditor.get(path).json()
    codes = [
        suite.somebody("auditor", *areas, subject=subject).get(path).status_code
        for areas, subject in [(("990306",), "a"), ((bank.area,), "a"), ((), bank.owners[ME]), ((), bank.owners[SHE])]
    ]

    by_its_owner = suite.somebody("auditor", subject=bank.owners[ME]).get(path).json()

    assert {key: seen[key] for key in posted} == posted
    assert (seen["from_balance_minutes"], seen["to_balance_minutes"]) == (-45, 45)
    assert codes == [404, 200, 200, 404]
    assert (by_its_owner["from_balance_minutes"], by_its_owner["to_balance_minutes"]) == (None, 45)


# --- many at once ------------------------------------------------------------------------------------------------------------


def moves(bank: Bank, *minutes: int, **more: Any) -> list[dict[str, Any]]:
    """Return transfers from me to her."""
    source, target = bank.account("personal_available", ME), bank.account("personal_available", SHE)
    return [{"type": "transfer", "from_account_id": source, "to_account_id": target, "minutes": one, **more} for one in minutes]


def test_of_many_each_has_its_own_result(bank: Bank) -> None:
    bank.fill(bank.account("personal_available", ME), "personal_available", 100)
    content = [*moves(bank, 60, 60, 40), {**moves(bank, 1)[0], "to_account_id": str(uuid.uuid4())}, *moves(bank, 1)]

    results = bank.batch(content).json()["results"]

    assert [result["result"] for result in results] == ["posted", "refused", "posted", "refused", "refused"]
    assert [result["code"] for result in results] == [None, "not_enough_minutes", None, "not_found", "not_enough_minutes"]
    assert [result["index"] for result in results] == [0, 1, 2, 3, 4]
    assert bank.balance(bank.account("personal_available", SHE)) == 100


def test_what_one_brings_the_next_may_spend(bank: Bank) -> None:
    mine, hers = bank.account("personal_available", ME), bank.account("personal_available", SHE)
    brought = {"type": "import", "from_account_id": bank.account("clearing"), "to_account_id": mine, "minutes": 60}
    back = {"type": "transfer", "from_account_id": hers, "to_account_id": mine, "minutes": 60}

    results = bank.batch([*moves(bank, 60), brought, *moves(bank, 60), back]).json()["results"]

    assert [result["result"] for result in results] == ["refused", "posted", "posted", "posted"]
    assert (bank.balance(mine), bank.balance(hers)) == (60, 0)


def test_all_or_nothing_posts_nothing_when_one_is_refused(bank: Bank) -> None:
    bank.fill(bank.account("personal_available", ME), "personal_available", 100)

    refused = bank.batch(moves(bank, 60, 60), all_or_nothing=True)
    posted = bank.batch(moves(bank, 60, 40), all_or_nothing=True)

    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_posted")
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [("#/postings/1", "not_enough_minutes")]
    assert [result["result"] for result in posted.json()["results"]] == ["posted", "posted"]


def test_a_batch_under_new_keys_posts_each_reference_once(bank: Bank) -> None:
    bank.fill(bank.account("personal_available", ME), "personal_available", 500)
    content = [*moves(bank, 60, reference="r-1"), *moves(bank, 60, reference="r-2")]

    first = bank.batch(content).json()["results"]
    second = bank.batch([*content, *moves(bank, 60, reference="r-3"), *moves(bank, 30, reference="r-1")]).json()["results"]

    assert [result["result"] for result in second] == ["known", "known", "posted", "refused"]
    assert [result["posting_id"] for result in second[:2]] == [result["posting_id"] for result in first]
    assert second[3]["code"] == "reference_used"
    assert bank.balance(bank.account("personal_available", SHE)) == 180


def test_a_repeated_batch_hears_what_it_heard(bank: Bank) -> None:
    bank.fill(bank.account("personal_available", ME), "personal_available", 60)
    content, key = {"postings": moves(bank, 60, 60)}, str(uuid.uuid4())

    first = bank.application.post(f"{BASE}/postings/batch", content, Idempotency_Key=key)
    bank.fill(bank.account("personal_available", ME), "personal_available", 600)
    second = bank.application.post(f"{BASE}/postings/batch", content, Idempotency_Key=key)

    assert second.content == first.content
    assert bank.balance(bank.account("personal_available", SHE)) == 60


# --- two persons -------------------------------------------------------------------------------------------------------------


def proposed(bank: Bank, kind: str, source: str, target: str, minutes: int = 600) -> dict[str, Any]:
    sides = {"from_account_id": source, "to_account_id": target, "minutes": minutes, "reason": "年度拨付"}
    more = {"resolution_ref": "示例县民〔2026〕12号"} if kind == "grants" else {}
    answer = bank.admin.post(f"{BASE}/{kind}", {**sides, **more})
    assert answer.status_code == 201, answer.text
    proposal: dict[str, Any] = answer.json()
    return proposal


def test_a_grant_takes_two_persons(bank: Bank) -> None:
    pool = bank.account("pool")
    proposal = proposed(bank, "grants", bank.account("issuance"), pool)
    assert bank.balance(pool) == 0

    alone = bank.decide(bank.admin, proposal, "approve")
    both, twice = bank.decide(bank.second, proposal, "approve"), bank.decide(bank.second, proposal, "approve")

    assert (alone.status_code, alone.json()["code"]) == (403, "approved_by_you")
    assert (both.json()["state"], both.json()["proposed_by"], both.json()["decided_by"]) == ("approved", "first", "second")
    assert twice.json()["code"] == "illegal_move"
    assert bank.balance(pool) == 600


def test_whose_account_it_is_does_not_approve(suite: RunningSuite, bank: Bank) -> None:
    proposal = proposed(bank, "adjustments", bank.account("issuance"), bank.account("personal_available", ME))

    mine = bank.decide(suite.somebody("timebank_admin", COUNTY, subject=bank.owners[ME]), proposal, "approve")

    assert (mine.status_code, mine.json()["code"]) == (403, "concerns_you")


def test_a_proposal_is_rejected_by_another_and_withdrawn_by_who_made_it(bank: Bank) -> None:
    first, second = (proposed(bank, "grants", bank.account("issuance"), bank.account("pool")) for _ in range(2))

    answers = [
        bank.decide(bank.admin, first, "reject", reason="有误").json()["code"],
        bank.decide(bank.second, first, "reject", reason="有误").json()["state"],
        bank.decide(bank.second, second, "withdraw").json()["code"],
        bank.decide(bank.admin, second, "withdraw").json()["state"],
    ]

    assert answers == ["approved_by_you", "rejected", "not_proposed_by_you", "withdrawn"]
    assert bank.balance(bank.account("pool")) == 0


def test_a_posting_is_reversed_once_and_a_reversal_never(bank: Bank) -> None:
    pool = bank.account("pool")
    posted = bank.post("earn_public", bank.account("issuance"), pool, 90).json()
    path = f"{BASE}/postings/{posted['id']}/propose_reversal"
    first, second = (bank.admin.post(path, {"reason": "时长有误"}).json() for _ in range(2))

    done, again = bank.decide(bank.second, first, "approve"), bank.decide(bank.second, second, "approve")
    entries = bank.auditor.get(f"{BASE}/accounts/{pool}/entries").json()["items"]
    third = bank.admin.post(f"{BASE}/postings/{entries[0]['posting_id']}/propose_reversal", {"reason": "再次"})

    assert done.status_code == 200
    assert (again.status_code, again.json()["code"]) == (409, "already_reversed")
    assert (third.status_code, third.json()["code"]) == (409, "reversals_stand")
    assert [(entry["type"], entry["delta_minutes"]) for entry in entries] == [("reverse", -90), ("earn_public", 90)]
    assert bank.balance(pool) == 0


def test_what_is_spent_cannot_be_reversed(bank: Bank) -> None:
    pool, hold = bank.account("pool"), bank.account("pool_hold")
    posted = bank.post("earn_public", bank.account("issuance"), pool, 90).json()
    bank.post("hold", pool, hold, 60)
    proposal = bank.admin.post(f"{BASE}/postings/{posted['id']}/propose_reversal", {"reason": "时长有误"}).json()

    answer = bank.decide(bank.second, proposal, "approve")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_enough_minutes")
    assert bank.auditor.get(f"{BASE}/proposals/{proposal['id']}").json()["state"] == "proposed"


# --- what can be read --------------------------------------------------------------------------------------------------------


def test_the_balance_of_any_instant_is_there(bank: Bank) -> None:
    pool, instants = bank.account("pool"), []
    for minutes in (60, 30, 15):
        posted = bank.post("earn_public", bank.account("issuance"), pool, minutes).json()
        instants.append(bank.auditor.get(f"{BASE}/postings/{posted['id']}").json()["at"].replace("+", "%2B"))

    assert [bank.balance(pool, instant) for instant in instants] == [60, 90, 105]
    assert bank.balance(pool, "2020-01-01T00:00:00Z") == 0
    assert bank.balance(bank.account("issuance")) == -105


def test_entries_come_in_pages_each_with_the_balance_after_it(bank: Bank) -> None:
    pool = bank.account("pool")
    for minutes in (60, 30, 15, 10, 5):
        bank.post("earn_public", bank.account("issuance"), pool, minutes)
    bank.post("hold", pool, bank.account("pool_hold"), 20)
    entries, path = [], f"{BASE}/accounts/{pool}/entries?limit=4"

    while path:
        page = bank.auditor.get(path).json()
        entries += page["items"]
        path = page["next_cursor"] and f"{BASE}/accounts/{pool}/entries?limit=4&cursor={page['next_cursor']}"

    assert [(entry["delta_minutes"], entry["balance_minutes"]) for entry in entries] == [
        (-20, 100),
        (5, 120),
        (10, 115),
        (15, 105),
        (30, 90),
        (60, 60),
    ]
    assert [entry["account_version"] for entry in entries] == [7, 6, 5, 4, 3, 2]


def test_a_statement_says_what_was_there_what_came_and_went_and_what_is_there(bank: Bank) -> None:
    pool = bank.account("pool")
    for minutes in (60, 30):
        bank.post("earn_public", bank.account("issuance"), pool, minutes, reference=f"r-{minutes}")
    bank.post("hold", pool, bank.account("pool_hold"), 20)
    path = f"{BASE}/accounts/{pool}/statement"

    now = bank.auditor.get(path).json()
    before = bank.auditor.get(f"{path}?from_on=2020-01-01&to_on=2020-12-31").json()
    after = bank.auditor.get(f"{path}?from_on=2190-01-01&to_on=2190-12-31").json()

    assert (now["opening_minutes"], now["closing_minutes"]) == (0, 70)
    assert [(entry["delta_minutes"], entry["balance_minutes"]) for entry in now["entries"]] == [(60, 60), (30, 90), (-20, 70)]
    assert (before["closing_minutes"], before["entries"]) == (0, [])
    assert (after["opening_minutes"], after["closing_minutes"], after["entries"]) == (70, 70, [])


def test_a_statement_is_of_the_month_that_it_ends_in_and_ends_after_it_begins(bank: Bank) -> None:
    path = f"{BASE}/accounts/{bank.account('pool')}/statement"

    of_october = bank.auditor.get(f"{path}?to_on=2026-10-31").json()
    turned = [bank.auditor.get(f"{path}{kind}?from_on=2026-10-31&to_on=2026-10-01") for kind in ("", "/export")]

    assert (of_october["from_on"], of_october["to_on"]) == ("2026-10-01", "2026-10-31")
    assert [answer.json()["code"] for answer in turned] == ["days_unclear"] * 2


@pytest.mark.parametrize("kind", [CSV, XLSX], ids=["csv", "xlsx"])
def test_a_statement_is_a_file_that_opens_in_a_spreadsheet(bank: Bank, kind: str) -> None:
    pool = bank.account("pool")
    bank.post("earn_public", bank.account("issuance"), pool, 60, reference=f"{len(kind)}-60")

    answer = bank.auditor.get(f"{BASE}/accounts/{pool}/statement/export", Accept=kind)

    assert answer.status_code == 200
    head, opening, entry = texts_of(answer.content)
    assert head[:4] == ["time", "type", "change (minutes)", "balance (minutes)"]
    assert opening[1:4] == ["opening balance", "", "0"]
    assert [entry[1], *entry[2:4], entry[5]] == ["earn public", "60", "60", f"{len(kind)}-60"]


def test_a_countys_books_sum_to_zero_now_and_at_any_instant(suite: RunningSuite) -> None:
    county = a_county()
    admin = suite.somebody("timebank_admin", county)
    application = suite.somebody("integrator", county, scope="ledger:post")
    issuance, pool = (
        admin.post(f"{BASE}/accounts", {"kind": kind, "area_code": f"{county}001001"}).json()["id"]
        for kind in ("issuance", "pool")
    )
    content = {"type": "earn_public", "from_account_id": issuance, "to_account_id": pool, "minutes": 60}
    first = application.post(f"{BASE}/postings", content, Idempotency_Key=str(uuid.uuid4())).json()
    application.post(f"{BASE}/postings", content, Idempotency_Key=str(uuid.uuid4()))
    at = admin.get(f"{BASE}/postings/{first['id']}").json()["at"].replace("+", "%2B")

    books = [admin.get(f"{BASE}/trial_balance?area_code={county}{query}").json() for query in ("", f"&at={at}")]
    part = suite.somebody("auditor", f"{county}002").get(f"{BASE}/trial_balance?area_code={county}").json()
    stranger = suite.somebody("auditor", COUNTY).get(f"{BASE}/trial_balance?area_code={county}")

    assert [{line["kind"]: line["balance_minutes"] for line in book["items"]} for book in books] == [
        {"pool": 120, "issuance": -120},
        {"pool": 60, "issuance": -60},
    ]
    assert [(book["sum_minutes"], book["is_whole"]) for book in books] == [(0, True)] * 2
    assert (part["items"], part["is_whole"]) == ([], False)
    assert stranger.json()["code"] == "outside_your_area"


def test_what_is_told_of_a_posting_is_nobodys(suite: RunningSuite, bank: Bank, background: Loop) -> None:
    bank.batch(moves(bank, 60))  # nothing is posted, so nothing is told
    bank.fill(bank.account("personal_available", ME), "personal_available", 100)
    bank.batch(moves(bank, 60, 30))

    async def told() -> list[str]:
        connection = await asyncpg.connect(suite.postgres.url("timebank"))
        rows = await connection.fetch(
            "SELECT envelope FROM outbox WHERE envelope->>'type' = 'gw.timebank.ledger.posted.v1'"
            " AND envelope->>'areacode' = $1 ORDER BY occurred_at DESC",
            bank.area,
        )
        await connection.close()
        return [row["envelope"] for row in rows]

    newest, before = background.run(told())
    assert '"lines":[{"type_code":"transfer"' in newest.replace(" ", "")
    assert '"postings":2,"minutes":90' in newest.replace(" ", "")
    assert '"type_code":"import"' in before.replace(" ", "")
    assert not any(account in newest for account in bank.accounts.values())
    assert bank.owners[ME] not in newest


# --- what the database itself refuses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE posting SET minutes = minutes + 1",
        "DELETE FROM posting",
        "TRUNCATE posting",
        "DELETE FROM account",
        "UPDATE account SET kind = 'group'",
        "UPDATE account SET owner_id = NULL",
        "UPDATE account SET area_code = '990101000000'",
    ],
)
def test_the_ledger_is_only_added_to(suite: RunningSuite, bank: Bank, background: Loop, tampering: str) -> None:
    bank.post("earn_public", bank.account("issuance"), bank.account("pool"))

    async def tamper() -> str | None:
        connection = await asyncpg.connect(suite.postgres.url("timebank"))
        try:
            await connection.execute(tampering)
        except asyncpg.PostgresError as error:
            return error.sqlstate
        finally:
            await connection.close()
        return None

    assert background.run(tamper()) == "GW003"


def test_an_account_that_was_tampered_with_is_frozen_and_makes_readiness_speak(
    punchbag: RunningSuite, background: Loop
) -> None:
    bank = Bank(punchbag)
    pool = bank.account("pool")
    bank.post("earn_public", bank.account("issuance"), pool, 60)

    async def tamper_and_check() -> None:
        from gridwhistle.common.database import Database  # noqa: PLC0415
        from gridwhistle.common.running import Running  # noqa: PLC0415
        from gridwhistle.common.sealing import Seal, make_keys  # noqa: PLC0415
        from gridwhistle.timebank.app import TIMEBANK  # noqa: PLC0415
        from gridwhistle.timebank.checking import check  # noqa: PLC0415

        keys = punchbag.folder / "check-keys"
        make_keys(keys)
        connection = await asyncpg.connect(punchbag.postgres.url("timebank"))
        await connection.execute("UPDATE account SET balance_minutes = 61 WHERE id = $1", uuid.UUID(pool))
        await connection.close()
        made = Database(
            punchbag.postgres.url("timebank"),
            Seal.kept_in(keys),
            {},
            presets=TIMEBANK.presets,
            tables=list(TIMEBANK.tables.tables.values()),
        )
        async with made.connected() as database:
            service = Running(database, None, None, "timebank")  # type: ignore[arg-type]
            await check(service)
            assert "1 accounts are frozen" in service.state.faults["ledger"]
            assert (await check(service, dt.datetime.now(dt.UTC))) is None

    background.run(tamper_and_check())
    account = bank.auditor.get(f"{BASE}/accounts/{pool}").json()
    refused = bank.post("hold", pool, bank.account("pool_hold"), 10)
    metrics = punchbag.client.get("/metrics").text

    assert account["state"] == "frozen"
    assert refused.json()["code"] == "account_not_open"
    assert 'gw_ledger_accounts_doubted{service="timebank"} 1.0' in metrics
    assert 'gw_ledger_sum_minutes{service="timebank"} 1.0' in metrics


_MORE_THAN_WAS_POSTED = (
    "INSERT INTO posting (id, journal_id, type, from_account_id, to_account_id, minutes, from_version, to_version,"
    " from_balance_minutes, to_balance_minutes, at, reverses_id) SELECT gen_random_uuid(), journal_id, 'reverse',"
    " to_account_id, from_account_id, minutes + 1, 1, 1, 0, 0, now(), id FROM posting WHERE id = $1"
)

# --- vouchers ----------------------------------------------------------------------------------------------------------------


def test_an_auditor_reads_a_voucher_with_all_its_postings(bank: Bank) -> None:
    pool = bank.account("pool")
    proposal = proposed(bank, "grants", bank.account("issuance"), pool)
    bank.decide(bank.second, proposal, "approve")

    [entry] = bank.auditor.get(f"{BASE}/accounts/{pool}/entries?for_id={proposal['id']}").json()["items"]
    none = bank.auditor.get(f"{BASE}/accounts/{pool}/entries?for_id={uuid.uuid4()}").json()["items"]
    posting = bank.auditor.get(f"{BASE}/postings/{entry['posting_id']}").json()
    voucher = bank.auditor.get(f"{BASE}/journals/{posting['journal_id']}").json()

    assert (voucher["posted_by"], voucher["approved_by"], voucher["reason"]) == ("first", "second", proposal["reason"])
    assert (voucher["postings"], none) == ([posting], [])


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE journal SET approved_by = 'another' WHERE id = (SELECT journal_id FROM posting WHERE id = $1)",
        "DELETE FROM journal WHERE id = (SELECT journal_id FROM posting WHERE id = $1)",
        "UPDATE proposal SET minutes = 1 WHERE id = (SELECT for_id FROM posting WHERE id = $1)",
        "DELETE FROM proposal WHERE id = (SELECT for_id FROM posting WHERE id = $1)",
        _MORE_THAN_WAS_POSTED,
    ],
    ids=["a voucher changed", "a voucher gone", "a proposal changed", "a proposal gone", "a reversal of more than was posted"],
)
def test_the_database_keeps_vouchers_and_proposals_and_mirrors_reversals(
    suite: RunningSuite, bank: Bank, background: Loop, tampering: str
) -> None:
    pool = bank.account("pool")
    bank.decide(bank.second, proposed(bank, "grants", bank.account("issuance"), pool), "approve")
    [entry] = bank.auditor.get(f"{BASE}/accounts/{pool}/entries").json()["items"]

    async def tamper() -> str | None:
        connection = await asyncpg.connect(suite.postgres.url("timebank"))
        try:
            await connection.execute(tampering, uuid.UUID(entry["posting_id"]))
        except asyncpg.PostgresError as error:
            return error.sqlstate
        finally:
            await connection.close()
        return "it went through"

    assert background.run(tamper()) == "GW003"
