"""Disputes: three who have nothing to do with it decide, and two of them are enough."""

import io
import uuid
from typing import Any

import asyncpg
import pytest
from PIL import Image

from tests.conftest import Loop, Person, RunningSuite
from tests.timebank.bank import BASE, HOUR, NEAR, Bank, Somebody, at, code_of, made

PANEL = ["panel-a", "panel-b", "panel-c"]


@pytest.fixture(scope="module")
def bank(suite: RunningSuite) -> Bank:
    return Bank(suite)


@pytest.fixture(scope="module")
def panel(bank: Bank) -> list[Person]:
    return [bank.office("dispute_panel", name) for name in PANEL]


@pytest.fixture(scope="module")
def elder(bank: Bank) -> Somebody:
    return bank.elder()


@pytest.fixture
def volunteer(bank: Bank) -> Somebody:
    return bank.register()


def sent(volunteer: Somebody) -> str:
    """Return the id of a picture that somebody took."""
    content = io.BytesIO()
    Image.new("RGB", (4, 4)).save(content, "PNG")
    id_: str = made(volunteer.person.send(f"{BASE}/attachments", content.getvalue(), "image/png"))["id"]
    return id_


def disputed(bank: Bank, elder: Somebody, claim_id: str) -> str:
    path = f"{BASE}/claims/{claim_id}"
    made(elder.person.post(f"{path}/dispute", {"kind": "duration", "reason": "只来了半小时"}, As_Of=at(4 * HOUR)))
    made(bank.admin.post(f"{path}/convene", {"members": PANEL}, As_Of=at(5 * HOUR)))
    return path


def earned(bank: Bank, volunteer: Somebody) -> int:
    minutes: int = made(bank.clerk.get(f"{BASE}/participants/{volunteer.id}"))["earned_minutes"]
    return minutes


def test_two_of_three_say_that_it_does_not_count(bank: Bank, elder: Somebody, volunteer: Somebody, panel: list[Person]) -> None:
    path = disputed(bank, elder, bank.settled(elder, volunteer)["id"])

    one = made(panel[0].post(f"{path}/decide", {"verdict": "void"}, As_Of=at(6 * HOUR)))
    two = made(panel[1].post(f"{path}/decide", {"verdict": "minutes", "minutes": 30}, As_Of=at(6 * HOUR)))
    three = made(panel[2].post(f"{path}/decide", {"verdict": "void"}, As_Of=at(6 * HOUR)))

    assert [said["state"] for said in (one, two, three)] == ["disputed", "disputed", "voided"]
    assert (three["earned_minutes"], three["overflow_minutes"]) == (None, None)
    assert earned(bank, volunteer) == 0
    assert bank.minutes_of(volunteer.id)["personal_available"] == (0, 0)


@pytest.mark.parametrize("settled_before", [True, False], ids=["paid before", "not paid yet"])
def test_two_of_three_say_what_it_is_worth(
    bank: Bank,
    elder: Somebody,
    volunteer: Somebody,
    panel: list[Person],
    settled_before: bool,
) -> None:
    done = bank.settled(elder, volunteer)["id"] if settled_before else bank.served(elder, volunteer)
    path = disputed(bank, elder, done)

    made(panel[0].post(f"{path}/decide", {"verdict": "minutes", "minutes": 45}, As_Of=at(6 * HOUR)))
    two = made(panel[1].post(f"{path}/decide", {"verdict": "minutes", "minutes": 35}, As_Of=at(6 * HOUR)))

    assert (two["state"], two["earned_minutes"], two["verdict"]) == ("settled", 30, "minutes")
    assert earned(bank, volunteer) == 30
    assert bank.minutes_of(volunteer.id)["personal_available"] == (30, 30)
    again = elder.person.post(f"{path}/dispute", {"kind": "duration", "reason": "还是不对"}, As_Of=at(7 * HOUR))
    assert code_of(again) == "disputed_before"


@pytest.mark.parametrize(
    "members",
    [
        pytest.param(lambda _elder, _volunteer: ["panel-a", "panel-a", "panel-b"], id="the same one twice"),
        pytest.param(lambda elder, _volunteer: ["panel-a", "panel-b", elder.id], id="who was served"),
        pytest.param(lambda _elder, volunteer: ["panel-a", "panel-b", volunteer.id], id="who served"),
        pytest.param(lambda _elder, _volunteer: ["panel-a", "panel-b", "clerk"], id="the clerk who settled it"),
        pytest.param(lambda _elder, _volunteer: ["panel-a", "panel-b", "admin"], id="who names them"),
    ],
)
def test_nobody_who_had_to_do_with_it_decides(bank: Bank, elder: Somebody, volunteer: Somebody, members: Any) -> None:
    path = f"{BASE}/claims/{bank.settled(elder, volunteer)['id']}"
    made(elder.person.post(f"{path}/dispute", {"kind": "quality", "reason": "没有打扫"}, As_Of=at(4 * HOUR)))

    refused = bank.admin.post(f"{path}/convene", {"members": members(elder, volunteer)}, As_Of=at(5 * HOUR))

    assert code_of(refused) == "panel_involved"


def test_others_neither_decide_nor_see_it(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    path = disputed(bank, elder, bank.settled(elder, volunteer)["id"])
    stranger = bank.office("dispute_panel", "panel-z")

    assert stranger.get(path).status_code == 404
    assert stranger.post(f"{path}/decide", {"verdict": "void"}).status_code == 404


def test_each_of_the_three_votes_once(bank: Bank, elder: Somebody, volunteer: Somebody, panel: list[Person]) -> None:
    path = disputed(bank, elder, bank.settled(elder, volunteer)["id"])
    made(panel[0].post(f"{path}/decide", {"verdict": "void"}, As_Of=at(6 * HOUR)))

    assert code_of(panel[0].post(f"{path}/decide", {"verdict": "void"}, As_Of=at(6 * HOUR))) == "voted_already"
    assert code_of(panel[1].post(f"{path}/decide", {"verdict": "minutes"}, As_Of=at(6 * HOUR))) == "minutes_needed"


def test_the_voucher_of_a_verdict_names_two_who_agree(
    bank: Bank, elder: Somebody, volunteer: Somebody, panel: list[Person], background: Loop
) -> None:
    path = disputed(bank, elder, bank.settled(elder, volunteer)["id"])

    made(panel[0].post(f"{path}/decide", {"verdict": "void"}, As_Of=at(6 * HOUR)))
    for one in panel[1:]:
        made(one.post(f"{path}/decide", {"verdict": "minutes", "minutes": 30}, As_Of=at(6 * HOUR)))

    async def voucher() -> Any:
        connection = await asyncpg.connect(bank.suite.postgres.url("timebank"))
        try:
            return await connection.fetchrow(
                "SELECT posted_by, approved_by FROM journal JOIN posting ON journal.id = journal_id"
                " WHERE type = 'reverse' AND for_id = $1",
                uuid.UUID(path.rpartition("/")[2]),
            )
        finally:
            await connection.close()

    assert tuple(background.run(voucher())) == ("panel-c", "panel-b")


def test_what_a_claim_was_paid_is_disputed_and_not_reversed_by_itself(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    bank.settled(elder, volunteer)
    [account] = made(bank.admin.get(f"{BASE}/accounts?owner_id={volunteer.id}&kind=personal_available"))["items"]
    [earned] = made(bank.admin.get(f"{BASE}/accounts/{account['id']}/entries"))["items"]

    refused = bank.admin.post(f"{BASE}/postings/{earned['posting_id']}/propose_reversal", {"reason": "时长有误"})

    assert code_of(refused) == "disputed_instead"


def test_the_three_see_what_they_decide(bank: Bank, elder: Somebody, volunteer: Somebody, panel: list[Person]) -> None:
    claim_id = bank.claimed(bank.published(elder), volunteer)
    pin, picture = bank.confirmed(claim_id), sent(volunteer)
    path = f"{BASE}/claims/{claim_id}"
    made(volunteer.person.post(f"{path}/check_in", {"pin": pin, "point": NEAR, "attachment_ids": [picture]}, As_Of=at()))
    made(volunteer.person.post(f"{path}/check_out", {}, As_Of=at(HOUR)))
    disputed(bank, elder, claim_id)

    listed = [line["id"] for line in made(panel[0].get(f"{BASE}/claims"))["items"]]
    made(panel[0].post(f"{path}/decide", {"verdict": "void"}, As_Of=at(6 * HOUR)))
    seen, by_volunteer = made(panel[1].get(path)), made(volunteer.person.get(path))

    assert claim_id in listed
    assert (seen["dispute_reason"], seen["panel"]) == ("只来了半小时", PANEL)
    assert seen["votes"] == [{"by": PANEL[0], "verdict": "void", "minutes": None}]
    assert (by_volunteer["dispute_reason"], by_volunteer["panel"], by_volunteer["votes"]) == ("只来了半小时", None, None)
    assert panel[1].get(f"{BASE}/attachments/{picture}").status_code == 200


def test_who_is_not_of_the_panel_sees_neither_claim_nor_picture(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    disputed(bank, elder, bank.served(elder, volunteer))
    another = bank.office("dispute_panel", "panel-of-others")

    assert made(another.get(f"{BASE}/claims"))["items"] == []


def test_whom_it_is_for_finds_it_among_their_claims(bank: Bank, volunteer: Somebody) -> None:
    elder = bank.elder()
    claim_id = bank.served(elder, volunteer)

    assert [line["id"] for line in made(elder.person.get(f"{BASE}/claims"))["items"]] == [claim_id]


def test_nothing_is_held_where_minutes_are_issued(bank: Bank, volunteer: Somebody) -> None:
    order = made(bank.clerk.post(f"{BASE}/orders", bank.wish(), As_Of=at(-6 * HOUR)))
    claim_id = bank.claimed(order["id"], volunteer)

    confirmed = made(bank.clerk.post(f"{BASE}/claims/{claim_id}/confirm", {}, As_Of=at(-4 * HOUR)))

    assert confirmed["held_minutes"] == 0


def test_a_verdict_takes_effect_when_who_pays_has_spent_the_rest(bank: Bank, volunteer: Somebody, panel: list[Person]) -> None:
    payer, relative = bank.register("beneficiary", birth_year=1942), bank.register()
    bank.give(payer, 75)
    claim_id = bank.settled(payer, volunteer)["id"]
    own, theirs = (
        made(bank.admin.get(f"{BASE}/accounts?owner_id={who.id}&kind=personal_available"))["items"][0]["id"]
        for who in (payer, relative)
    )
    posting = {"type": "transfer", "from_account_id": own, "to_account_id": theirs, "minutes": 15}
    application = bank.suite.somebody("integrator", bank.county, scope="ledger:post")
    made(application.post(f"{BASE}/postings", posting, Idempotency_Key=str(uuid.uuid4())))
    pool = bank.minutes_in_pool
    path = disputed(bank, payer, claim_id)

    for one in panel[:2]:
        said = made(one.post(f"{path}/decide", {"verdict": "minutes", "minutes": 75}, As_Of=at(6 * HOUR)))

    assert (said["state"], said["earned_minutes"]) == ("settled", 75)
    assert bank.minutes_of(volunteer.id)["personal_available"] == (75, 75)
    assert [bank.minutes_of(payer.id)[kind] for kind in ("personal_available", "personal_hold")] == [(0, 0), (0, 0)]
    assert bank.minutes_in_pool == pool - 15
