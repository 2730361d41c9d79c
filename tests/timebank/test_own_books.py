"""What people see of the books: their own accounts, and those of a team that they lead; of nobody else's, nor the county's."""

import uuid

import pytest

from tests.conftest import Person, RunningSuite
from tests.timebank.bank import BASE, Bank, Somebody, code_of, made


@pytest.fixture(scope="module")
def bank(suite: RunningSuite) -> Bank:
    return Bank(suite)


@pytest.fixture
def volunteer(bank: Bank) -> Somebody:
    volunteer = bank.register()
    bank.give(volunteer, 90)
    return volunteer


def the_accounts(who: Person, query: str = "") -> dict[str, str]:
    """Return the ids of the accounts that somebody finds, by kind."""
    return {line["kind"]: line["id"] for line in made(who.get(f"{BASE}/accounts?limit=200{query}"))["items"]}


def read(who: Person, account_id: str) -> set[str]:
    """Return what becomes of all that can be read of an account."""
    parts = ("", "/entries", "/balance", "/statement", "/statement/export")
    answers = [who.get(f"{BASE}/accounts/{account_id}{part}") for part in parts]
    return {"read" if answer.status_code == 200 else code_of(answer) for answer in answers}


def test_people_read_their_own_accounts_and_their_statements(bank: Bank, volunteer: Somebody) -> None:
    resident = bank.elder()

    found = the_accounts(volunteer.person)

    assert found.keys() == {"personal_available", "personal_hold"}
    assert made(volunteer.person.get(f"{BASE}/accounts/{found['personal_available']}"))["balance_minutes"] == 90
    assert read(volunteer.person, found["personal_available"]) == {"read"}
    assert read(resident.person, the_accounts(resident.person)["personal_available"]) == {"read"}


def test_people_read_nobody_elses_accounts_nor_the_countys(bank: Bank, volunteer: Somebody) -> None:
    other = bank.register()
    of_the_county = the_accounts(bank.admin, f"&area_code={bank.county}000000&kind=pool")

    assert the_accounts(volunteer.person, f"&owner_id={other.id}") == {}
    assert the_accounts(volunteer.person, "&kind=pool") == {}
    assert read(volunteer.person, of_the_county["pool"]) == {"not_found"}
    assert read(volunteer.person, the_accounts(other.person)["personal_available"]) == {"not_found"}
    for path in ("proposals", f"trial_balance?area_code={bank.county}", f"postings/{uuid.uuid4()}"):
        assert code_of(volunteer.person.get(f"{BASE}/{path}")) == "insufficient_scope"


def test_who_leads_a_team_reads_its_account_as_long_as_they_lead_it(bank: Bank, volunteer: Somebody) -> None:
    content = {"name": "示例社区平安志愿队", "area_code": bank.area, "leader_id": volunteer.id}
    team, member = made(bank.clerk.post(f"{BASE}/teams", content))["id"], bank.register()
    made(member.person.post(f"{BASE}/teams/{team}/join"))
    made(volunteer.person.post(f"{BASE}/teams/{team}/welcome", {"participant_id": member.id}))

    account = the_accounts(volunteer.person, f"&owner_id={team}")["group"]
    before = read(volunteer.person, account), read(member.person, account)
    made(bank.clerk.post(f"{BASE}/teams/{team}/name_leader", {"participant_id": member.id}))

    assert before == ({"read"}, {"not_found"})
    assert (read(volunteer.person, account), read(member.person, account)) == ({"not_found"}, {"read"})


def decide(bank: Bank, who: Somebody, posting_id: str) -> str:
    """Let somebody, who is an administrator as well, approve a reversal; return why they may not."""
    why = {"reason": "时长有误"}
    proposal = made(bank.admin.post(f"{BASE}/postings/{posting_id}/propose_reversal", why, Idempotency_Key=str(uuid.uuid4())))
    path = f"{BASE}/proposals/{proposal['id']}/approve"
    return code_of(bank.office("timebank_admin", who.id).post(path, Idempotency_Key=str(uuid.uuid4())))


def test_nobody_approves_what_goes_back_to_themselves_or_to_their_team(bank: Bank, volunteer: Somebody) -> None:
    other = bank.register()
    content = {"name": "示例社区平安志愿队", "area_code": bank.area, "leader_id": volunteer.id}
    team = made(bank.clerk.post(f"{BASE}/teams", content))["id"]
    mine, hers = (the_accounts(who.person)["personal_available"] for who in (volunteer, other))
    of_the_team = the_accounts(volunteer.person, f"&owner_id={team}")["group"]
    issuance = the_accounts(bank.admin, f"&area_code={bank.county}000000&kind=issuance")["issuance"]
    application = bank.suite.somebody("integrator", bank.county, scope="ledger:post")

    def posted(kind: str, source: str, target: str) -> str:
        posting = {"type": kind, "from_account_id": source, "to_account_id": target, "minutes": 30}
        id_: str = made(application.post(f"{BASE}/postings", posting, Idempotency_Key=str(uuid.uuid4())))["id"]
        return id_

    given, earned = posted("transfer", mine, hers), posted("earn_group", issuance, of_the_team)

    assert [decide(bank, one, given) for one in (volunteer, other)] == ["concerns_you", "concerns_you"]
    assert decide(bank, volunteer, earned) == "concerns_you"
