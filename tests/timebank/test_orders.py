"""Orders of the time bank over HTTP: from a need to minutes, and everything that may go otherwise on the way."""

import uuid
from typing import Any

import asyncpg
import pytest

from tests.conftest import Loop, Person, RunningSuite
from tests.timebank.bank import AREA, BASE, COUNTY, FAR, HOUR, MINUTE, NEAR, Bank, Somebody, at, code_of, made

GUARDIAN = {"name": "王强", "phone": "13900139000", "agreed": True}
DAY = 24 * HOUR
ADDRESS = "示例县城关镇幸福里3栋502室"


@pytest.fixture(scope="module")
def bank(suite: RunningSuite) -> Bank:
    return Bank(suite)


@pytest.fixture(scope="module")
def elder(bank: Bank) -> Somebody:
    return bank.elder()


@pytest.fixture
def volunteer(bank: Bank) -> Somebody:
    return bank.register()


def claim_of(bank: Bank, claim_id: str) -> dict[str, Any]:
    return made(bank.clerk.get(f"{BASE}/claims/{claim_id}"))


def order_of(bank: Bank, order_id: str) -> dict[str, Any]:
    return made(bank.clerk.get(f"{BASE}/orders/{order_id}"))


def test_a_need_becomes_minutes(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    order_id = bank.published(elder)
    claim_id = bank.claimed(order_id, volunteer)
    pin, path = bank.confirmed(claim_id), f"{BASE}/claims/{claim_id}"
    here = made(volunteer.person.post(f"{path}/check_in", {"pin": pin, "point": NEAR}, As_Of=at(-5 * MINUTE)))
    gone = made(volunteer.person.post(f"{path}/check_out", {"point": NEAR}, As_Of=at(75 * MINUTE)))

    settled = made(elder.person.post(f"{path}/settle", {}, As_Of=at(2 * HOUR)))

    assert (here["state"], here["pin_shown"], here["place_shown"], here["in_distance_m"]) == ("checked_in", True, True, 96)
    assert (gone["state"], gone["actual_minutes"]) == ("checked_out", 80)
    assert (settled["state"], settled["earned_minutes"], settled["overflow_minutes"]) == ("settled", 75, 0)
    assert bank.minutes_of(volunteer.id)["personal_available"] == (75, 75)  # earned, and locked while it may be disputed
    assert order_of(bank, order_id)["state"] == "full"


def test_where_somebody_lives_is_told_to_who_is_confirmed_and_to_nobody_else(
    bank: Bank, elder: Somebody, volunteer: Somebody
) -> None:
    order_id = bank.published(elder, people_needed=2)
    stranger = bank.register()
    seen = made(volunteer.person.get(f"{BASE}/orders/{order_id}"))
    claim_id = bank.claimed(order_id, volunteer)
    before = revealed(volunteer, claim_id)

    bank.confirmed(claim_id)

    assert seen["address"] is None
    assert before == {"address": None}
    assert revealed(volunteer, claim_id) == {"address": ADDRESS}
    assert claim_of(bank, claim_id)["address"] == "示例县城关镇****"
    assert revealed(stranger, claim_id) == 404


def revealed(who: Somebody, claim_id: str) -> Any:
    asked = {"fields": ["address"], "purpose": "handling", "note": "上门服务"}
    answer = who.person.post(f"{BASE}/claims/{claim_id}/reveal", asked)
    return answer.json()["values"] if answer.status_code == 200 else answer.status_code


def test_an_address_is_forgotten_when_the_service_is_settled(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    settled = bank.settled(elder, volunteer)

    assert revealed(volunteer, settled["id"]) == {"address": None}


def test_open_orders_of_the_whole_county_are_listed_without_an_address(
    bank: Bank, suite: RunningSuite, elder: Somebody, volunteer: Somebody
) -> None:
    order_id = bank.published(elder, people_needed=2, end_at=at(5 * DAY))
    from_elsewhere = suite.somebody("volunteer", f"{COUNTY}009009", subject=volunteer.id)

    lines = made(from_elsewhere.get(f"{BASE}/open_orders?limit=200"))["items"]

    line = next(line for line in lines if line["id"] == order_id)
    assert line["area_code"] == AREA
    assert not {"address", "point", "beneficiary_id"} & line.keys()


def test_what_is_soonest_is_listed_first(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    later, sooner = (bank.published(elder, start_at=at(-after), end_at=at(5 * DAY)) for after in (90 * MINUTE, 91 * MINUTE))
    seen, cursor = [], ""

    while len(seen) < 1_000:
        page = made(volunteer.person.get(f"{BASE}/open_orders?limit=2{cursor}"))
        seen += [(line["start_at"], line["id"]) for line in page["items"]]
        if not page["next_cursor"]:
            break
        cursor = f"&cursor={page['next_cursor']}"

    ids = [id_ for _, id_ in seen]
    assert seen == sorted(seen)
    assert ids.index(sooner) < ids.index(later)


def test_what_is_over_is_not_listed_although_no_clock_has_ended_it(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    order_id = bank.published(elder, people_needed=2)

    listed = volunteer.person.get(f"{BASE}/open_orders?limit=200").text

    assert order_of(bank, order_id)["state"] == "published"
    assert order_id not in listed


def test_another_county_sees_nothing(bank: Bank, suite: RunningSuite, elder: Somebody) -> None:
    order_id = bank.published(elder, end_at=at(5 * DAY))
    stranger = suite.somebody("volunteer", "990303")

    assert order_id not in stranger.get(f"{BASE}/open_orders?limit=200").text
    assert stranger.get(f"{BASE}/orders/{order_id}").status_code == 404


def test_a_stranger_sees_neither_orders_nor_claims_nor_people(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    order_id = bank.published(elder)
    claim_id, stranger = bank.claimed(order_id, volunteer), bank.register()

    assert stranger.person.get(f"{BASE}/orders/{order_id}").status_code == 404
    assert stranger.person.get(f"{BASE}/claims/{claim_id}").status_code == 404
    assert stranger.person.get(f"{BASE}/participants/{elder.id}").status_code == 404
    assert stranger.person.get(f"{BASE}/claims").json()["items"] == []
    assert [line["id"] for line in stranger.person.get(f"{BASE}/participants").json()["items"]] == [stranger.id]


def test_who_asks_sees_who_came_forward_and_says_yes(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    claim_id = bank.claimed(bank.published(elder), volunteer)

    seen = made(elder.person.get(f"{BASE}/claims/{claim_id}"))
    said = made(elder.person.post(f"{BASE}/claims/{claim_id}/confirm", {}, As_Of=at(-4 * HOUR)))

    assert {"confirm", "decline", "cancel"} <= set(seen["actions"])
    assert said["state"] == "confirmed"
    assert len(said["pin"]) == 6


def test_who_is_declined_gives_the_place_back(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    order_id = bank.published(elder)
    claim_id = bank.claimed(order_id, volunteer)
    full = order_of(bank, order_id)

    lapsed = made(elder.person.post(f"{BASE}/claims/{claim_id}/decline", {}, As_Of=at(-4 * HOUR)))

    assert (full["state"], full["people_taken"]) == ("full", 1)
    assert lapsed["state"] == "lapsed"
    again = order_of(bank, order_id)
    assert (again["state"], again["people_taken"]) == ("published", 0)
    assert bank.claimed(order_id, volunteer) != claim_id


def test_a_full_order_takes_nobody(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    order_id = bank.published(elder)
    bank.claimed(order_id, volunteer)

    late = bank.register().person.post(f"{BASE}/orders/{order_id}/claim", As_Of=at(-5 * HOUR))

    assert (late.status_code, code_of(late)) == (409, "no_place_left")


def test_one_person_takes_one_place(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    order_id = bank.published(elder, people_needed=3)
    bank.claimed(order_id, volunteer)

    again = volunteer.person.post(f"{BASE}/orders/{order_id}/claim", As_Of=at(-5 * HOUR))

    assert code_of(again) == "claimed_already"
    assert order_of(bank, order_id)["people_taken"] == 1


@pytest.mark.parametrize(
    ("who", "code"),
    [
        pytest.param({"insured_until": None}, "not_insured", id="uninsured"),
        pytest.param({"kind": "beneficiary"}, "only_served", id="registered to be served"),
        pytest.param(
            {"birth_year": 2012, "guardian": {"name": "王强", "phone": "13900139000", "agreed": True}},
            "too_young",
            id="a minor",
        ),
    ],
)
def test_who_is_not_fit_for_it_is_told_why(bank: Bank, elder: Somebody, who: dict[str, Any], code: str) -> None:
    somebody = bank.register(who.get("kind", "volunteer"), **{name: value for name, value in who.items() if name != "kind"})
    person = bank.suite.somebody("volunteer", COUNTY, subject=somebody.id, scope="history:import")

    refused = person.post(f"{BASE}/orders/{bank.published(elder)}/claim", As_Of=at(-5 * HOUR))

    assert code_of(refused) == code


def test_a_minor_serves_among_others_with_a_guardians_consent(bank: Bank, elder: Somebody) -> None:
    young = bank.register(birth_year=2012, guardian=GUARDIAN)

    claim_id = bank.claimed(bank.published(elder, service_code="errands", people_needed=3), young)

    assert claim_of(bank, claim_id)["state"] == "claimed"


def test_a_minor_is_confirmed_and_checks_in_beside_an_adult_alone(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    order_id, young = (
        bank.published(elder, service_code="errands", people_needed=3),
        bank.register(birth_year=2012, guardian=GUARDIAN),
    )
    claim_id, grown = bank.claimed(order_id, young), bank.claimed(order_id, volunteer)
    path = f"{BASE}/claims/{claim_id}"
    alone = bank.clerk.post(f"{path}/confirm", {}, As_Of=at(-4 * HOUR))
    bank.confirmed(grown)
    pin = made(bank.clerk.post(f"{path}/confirm", {}, As_Of=at(-3 * HOUR)))["pin"]
    made(volunteer.person.post(f"{BASE}/claims/{grown}/cancel", {}, As_Of=at(-2 * HOUR)))

    left_alone = young.person.post(f"{path}/check_in", {"pin": pin}, As_Of=at())

    assert (code_of(alone), code_of(left_alone)) == ("not_alone", "not_alone")
    assert code_of(bank.clerk.post(f"{path}/admit", {}, As_Of=at())) == "not_alone"


def test_a_minor_whose_guardian_agrees_no_more_is_not_confirmed_and_does_not_begin(
    bank: Bank, elder: Somebody, volunteer: Somebody
) -> None:
    order_id = bank.published(elder, service_code="errands", people_needed=3)
    young, younger = (bank.register(birth_year=2012, guardian=GUARDIAN) for _ in range(2))
    bank.confirmed(bank.claimed(order_id, volunteer))
    asked, comes = (f"{BASE}/claims/{bank.claimed(order_id, who)}" for who in (young, younger))
    pin = made(bank.clerk.post(f"{comes}/confirm", {}, As_Of=at(-3 * HOUR)))["pin"]
    for who in (young, younger):
        path = f"{BASE}/participants/{who.id}"
        etag = bank.clerk.get(path).headers["etag"]
        made(bank.clerk.patch(path, {"guardian": {**GUARDIAN, "agreed": False}}, If_Match=etag))

    confirmed = bank.clerk.post(f"{asked}/confirm", {}, As_Of=at(-3 * HOUR))
    begun = younger.person.post(f"{comes}/check_in", {"pin": pin}, As_Of=at())

    assert (code_of(confirmed), code_of(begun)) == ("guardian_missing", "guardian_missing")


def test_nobody_is_near_who_is_far_away(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    claim_id = bank.claimed(bank.published(elder), volunteer)
    bank.confirmed(claim_id)

    refused = volunteer.person.post(f"{BASE}/claims/{claim_id}/check_in", {"point": FAR}, As_Of=at())

    assert code_of(refused) == "not_there"


def test_a_wrong_number_is_counted_and_after_five_only_a_clerk_helps(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    claim_id = bank.claimed(bank.published(elder), volunteer)
    pin, path = bank.confirmed(claim_id), f"{BASE}/claims/{claim_id}"
    wrong = f"{(int(pin) + 1) % 10**6:06}"

    said = [
        code_of(volunteer.person.post(f"{path}/check_in", {"pin": wrong}, As_Of=at(), Idempotency_Key=f"{claim_id}-{number}"))
        for number in range(6)
    ]
    right = volunteer.person.post(f"{path}/check_in", {"pin": pin}, As_Of=at())
    admitted = made(bank.clerk.post(f"{path}/admit", {}, As_Of=at()))

    assert said == ["wrong_pin"] * 5 + ["no_tries_left"]
    assert code_of(right) == "no_tries_left"
    assert (admitted["state"], admitted["clerk_shown"]) == ("checked_in", True)


@pytest.mark.parametrize(("minutes", "code"), [(-31, "too_early"), (31, "too_late")])
def test_check_in_has_its_time(bank: Bank, elder: Somebody, volunteer: Somebody, minutes: int, code: str) -> None:
    claim_id = bank.claimed(bank.published(elder), volunteer)
    pin = bank.confirmed(claim_id)

    refused = volunteer.person.post(f"{BASE}/claims/{claim_id}/check_in", {"pin": pin}, As_Of=at(minutes * MINUTE))

    assert code_of(refused) == code


def test_the_days_cap_holds_over_several_services(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    first = bank.settled(elder, volunteer, 75)
    second = bank.settled(elder, volunteer, 75, after=2 * HOUR)

    chosen = made(volunteer.person.post(f"{BASE}/claims/{second['id']}/choose", {"to": "honour"}, As_Of=at(4 * HOUR)))

    assert (first["earned_minutes"], first["overflow_minutes"]) == (75, 0)
    assert (second["earned_minutes"], second["overflow_minutes"]) == (45, 30)
    assert chosen["overflow_to"] == "honour"
    assert code_of(volunteer.person.post(f"{BASE}/claims/{first['id']}/choose", {"to": "pool"})) == "no_overflow"
    assert made(volunteer.person.get(f"{BASE}/participants/{volunteer.id}"))["earned_minutes"] == 120


def test_a_clerk_who_serves_elsewhere_in_the_county_does_so_as_anybody(
    bank: Bank, elder: Somebody, volunteer: Somebody
) -> None:
    home = f"{bank.county}002001"
    who = bank.register(area_code=home).id
    token = bank.suite.issuer.token(who, ["station_clerk", "volunteer"], [home], scope="history:import")
    clerk = Somebody(who, Person(bank.suite.client, token))
    another = bank.published(elder, people_needed=2, start_at=at(4 * HOUR), end_at=at(6 * HOUR))
    anothers = f"{BASE}/claims/{bank.claimed(another, volunteer)}"
    path = f"{BASE}/claims/{bank.claimed(bank.published(elder), clerk)}"
    pin = bank.confirmed(path.rpartition("/")[2])

    there = made(clerk.person.post(f"{path}/check_in", {"pin": pin, "point": NEAR}, As_Of=at()))
    done = made(clerk.person.post(f"{path}/check_out", {}, As_Of=at(HOUR)))

    assert (there["state"], done["state"]) == ("checked_in", "checked_out")
    for as_a_clerk in (f"{anothers}/confirm", f"{anothers}/cancel", f"{BASE}/orders/{another}/cancel"):
        assert code_of(clerk.person.post(as_a_clerk, {}, As_Of=at(-4 * HOUR))) == "not_found"
    assert code_of(clerk.person.post(f"{path}/settle", {}, As_Of=at(2 * HOUR))) == "own_service"
    assert code_of(clerk.person.post(f"{BASE}/orders", bank.wish(), As_Of=at(-6 * HOUR))) == "outside_your_area"
    seen = made(clerk.person.get(f"{BASE}/orders/{another}"))
    assert (seen["address"], "cancel" in seen["actions"]) == (None, False)


def test_nobody_says_of_their_own_service_that_it_was_done(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    claim_id = bank.served(elder, volunteer)

    assert code_of(volunteer.person.post(f"{BASE}/claims/{claim_id}/settle", {})) == "own_service"


def test_who_forgot_to_check_out_gets_no_more_than_was_agreed(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    claim_id = bank.claimed(bank.published(elder), volunteer)
    path, pin = f"{BASE}/claims/{claim_id}", bank.confirmed(claim_id)
    made(volunteer.person.post(f"{path}/check_in", {"pin": pin}, As_Of=at()))

    too_many = bank.clerk.post(f"{path}/no_check_out", {"actual_minutes": 61}, As_Of=at(6 * HOUR))
    done = made(bank.clerk.post(f"{path}/no_check_out", {"actual_minutes": 60}, As_Of=at(6 * HOUR)))

    assert code_of(too_many) == "too_many_minutes"
    assert (done["state"], done["actual_minutes"]) == ("checked_out", 60)


def test_an_order_is_cancelled_with_what_people_came_forward_for(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    order_id = bank.published(elder, people_needed=2)
    claim_id = bank.claimed(order_id, volunteer)
    bank.confirmed(claim_id)

    cancelled = made(elder.person.post(f"{BASE}/orders/{order_id}/cancel", {"reason": "住院"}, As_Of=at(-3 * HOUR)))

    assert (cancelled["state"], cancelled["people_taken"]) == ("cancelled", 0)
    assert claim_of(bank, claim_id)["state"] == "cancelled"


def test_an_order_that_somebody_is_there_for_is_not_cancelled(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    order_id = bank.published(elder)
    claim_id = bank.claimed(order_id, volunteer)
    pin = bank.confirmed(claim_id)
    made(volunteer.person.post(f"{BASE}/claims/{claim_id}/check_in", {"pin": pin}, As_Of=at()))

    assert code_of(bank.clerk.post(f"{BASE}/orders/{order_id}/cancel", {}, As_Of=at())) == "service_began"


def test_who_cancels_late_is_noted_as_late(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    another = bank.register()
    in_time, late = (bank.claimed(bank.published(elder), who) for who in (volunteer, another))
    for claim_id in (in_time, late):
        bank.confirmed(claim_id)

    early = made(volunteer.person.post(f"{BASE}/claims/{in_time}/cancel", {}, As_Of=at(-3 * HOUR)))
    close = made(another.person.post(f"{BASE}/claims/{late}/cancel", {}, As_Of=at(-1 * HOUR)))

    assert (early["is_late_cancel"], close["is_late_cancel"]) == (False, True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"start_at": at(2 * HOUR)}, "window_unclear"),
        ({"agreed_minutes": 121, "end_at": at(5 * HOUR)}, "service_too_long"),
        ({"service_code": "surgery"}, "unknown_service_kind"),
        ({"beneficiary_id": str(uuid.uuid4())}, "not_found"),
    ],
)
def test_what_is_asked_for_is_looked_at(bank: Bank, elder: Somebody, change: dict[str, Any], code: str) -> None:
    refused = bank.clerk.post(f"{BASE}/orders", bank.wish(elder, **change), As_Of=at(-6 * HOUR))

    assert code_of(refused) == code


def test_nobody_is_served_who_has_neither_saved_nor_is_entitled(bank: Bank) -> None:
    nobody = bank.register("beneficiary")

    assert code_of(bank.clerk.post(f"{BASE}/orders", bank.wish(nobody), As_Of=at(-6 * HOUR))) == "not_entitled"


def test_who_is_registered_to_serve_hears_that_and_not_that_they_are_unknown(bank: Bank, volunteer: Somebody) -> None:
    refused = volunteer.person.post(f"{BASE}/orders", bank.wish(volunteer), As_Of=at(-6 * HOUR))

    assert code_of(refused) == "only_serves"


def test_a_grid_lies_where_the_service_is(bank: Bank, elder: Somebody) -> None:
    wish = bank.wish(elder, area_code=f"{COUNTY}001002", grid_code=f"{AREA}001")

    assert code_of(bank.clerk.post(f"{BASE}/orders", wish, As_Of=at(-6 * HOUR))) == "grid_elsewhere"


def test_people_serve_and_are_served_in_the_county_where_they_are_registered(
    suite: RunningSuite, elder: Somebody, volunteer: Somebody
) -> None:
    there = Bank(suite, "990303")
    clerk = suite.somebody("station_clerk", COUNTY, "990303", subject="clerk", scope="history:import")
    both = suite.somebody("volunteer", COUNTY, "990303", subject=volunteer.id, scope="history:import")
    order = made(there.clerk.post(f"{BASE}/orders", there.wish(people_needed=20), As_Of=at(-6 * HOUR)))

    served = clerk.post(f"{BASE}/orders", there.wish(elder), As_Of=at(-6 * HOUR))
    serves = both.post(f"{BASE}/orders/{order['id']}/claim", As_Of=at(-5 * HOUR))

    assert (code_of(served), code_of(serves)) == ("another_county", "another_county")


def test_a_refused_need_says_why(bank: Bank, elder: Somebody) -> None:
    order = made(elder.person.post(f"{BASE}/orders", bank.wish(elder), As_Of=at(-6 * HOUR)))

    no = {"reason_code": "risk_too_high", "reason": "需专业护理,请联系社区卫生服务中心"}
    refused = made(bank.clerk.post(f"{BASE}/orders/{order['id']}/refuse", no, As_Of=at(-6 * HOUR)))

    assert (refused["state"], refused["reason_code"], refused["on_behalf"]) == ("refused", "risk_too_high", False)
    assert made(elder.person.get(f"{BASE}/orders/{order['id']}"))["reason_code"] == "risk_too_high"


def test_a_relative_asks_only_once_both_agreed_and_a_clerk_saw_a_proof(bank: Bank, elder: Somebody) -> None:
    child = bank.register("both")
    ask = lambda when: child.person.post(f"{BASE}/orders", bank.wish(elder), As_Of=at(-when * HOUR))  # noqa: E731
    link = made(child.person.post(f"{BASE}/relatives", {"other_id": elder.id, "kinship": "parent"}))
    path = f"{BASE}/relatives/{link['id']}"
    steps = [code_of(ask(9)), code_of(child.person.post(f"{path}/agree"))]
    made(elder.person.post(f"{path}/agree"))
    steps.append(code_of(ask(8)))
    made(bank.clerk.post(f"{path}/check"))

    order = made(ask(7))

    assert steps == ["anothers_order", "other_side_agrees", "anothers_order"]
    assert (order["beneficiary_id"], order["on_behalf"]) == (elder.id, True)


def test_a_relative_lists_what_they_asked_for_and_who_came_forward(bank: Bank, volunteer: Somebody) -> None:
    elder, child = bank.elder(), bank.register("both")
    path = f"{BASE}/relatives/{made(child.person.post(f'{BASE}/relatives', {'other_id': elder.id, 'kinship': 'parent'}))['id']}"
    made(elder.person.post(f"{path}/agree"))
    made(bank.clerk.post(f"{path}/check"))
    order_id = made(child.person.post(f"{BASE}/orders", bank.wish(elder), As_Of=at(-7 * HOUR)))["id"]
    made(bank.clerk.post(f"{BASE}/orders/{order_id}/publish", {}, As_Of=at(-6 * HOUR)))
    others, claim_id = bank.published(elder), bank.claimed(order_id, volunteer)

    def listed(who: Somebody, things: str) -> set[str]:
        return {line["id"] for line in made(who.person.get(f"{BASE}/{things}"))["items"]}

    assert (listed(child, "orders"), listed(child, "claims")) == ({order_id}, {claim_id})
    assert (listed(elder, "orders"), listed(elder, "claims")) == ({order_id, others}, {claim_id})
    assert listed(volunteer, "orders") == set()
    assert made(child.person.get(f"{BASE}/orders?area_code={bank.county}009009"))["items"] == []


def test_who_is_confirmed_late_is_not_somewhere_else_by_then(bank: Bank, volunteer: Somebody) -> None:
    long = {"end_at": at(6 * HOUR), "people_needed": 3}
    first = bank.claimed(made(bank.clerk.post(f"{BASE}/orders", bank.wish(**long), As_Of=at(-6 * HOUR)))["id"], volunteer)
    second = bank.wish(**long, start_at=at(3 * HOUR))
    bank.claimed(made(bank.clerk.post(f"{BASE}/orders", second, As_Of=at(-6 * HOUR)))["id"], volunteer)

    too_late = bank.clerk.post(f"{BASE}/claims/{first}/confirm", {}, As_Of=at(3 * HOUR))
    in_time = bank.clerk.post(f"{BASE}/claims/{first}/confirm", {}, As_Of=at(2 * HOUR))

    assert code_of(too_late) == "hours_taken"
    assert made(in_time)["start_at"].startswith(at(2 * HOUR)[:16])


def test_the_database_itself_keeps_a_grid_in_its_area(bank: Bank, elder: Somebody, background: Loop) -> None:
    order_id = bank.published(elder)

    async def move() -> str:
        connection = await asyncpg.connect(bank.suite.postgres.url("timebank"))
        try:
            await connection.execute("UPDATE \"order\" SET grid_code = '990303001001001' WHERE id = $1", uuid.UUID(order_id))
        except asyncpg.CheckViolationError as error:
            return str(error.constraint_name)
        finally:
            await connection.close()
        return "it went through"

    assert background.run(move()) == "order_grid_lies_in_its_area"


def test_each_side_rates_once_and_stars_count(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    path = f"{BASE}/claims/{bank.settled(elder, volunteer)['id']}"

    made(elder.person.post(f"{path}/rate", {"stars": 4, "tags": ["on_time"]}))
    made(volunteer.person.post(f"{path}/rate", {"stars": 5}))

    assert code_of(elder.person.post(f"{path}/rate", {"stars": 1})) == "rated_already"
    seen = made(bank.clerk.get(f"{BASE}/participants/{volunteer.id}"))
    assert (seen["rating_sum"], seen["rating_count"]) == (4, 1)


def test_a_public_activity_is_open_at_once_and_nobody_pays(bank: Bank, volunteer: Somebody) -> None:
    order = made(bank.clerk.post(f"{BASE}/orders", bank.wish(people_needed=20), As_Of=at(-6 * HOUR)))

    claim_id = bank.claimed(order["id"], volunteer)

    assert (order["state"], order["payer"], order["beneficiary_id"]) == ("published", "issuance", None)
    assert claim_of(bank, claim_id)["state"] == "claimed"


def test_what_was_saved_pays_for_what_is_asked_and_the_rest_comes_back(bank: Bank) -> None:
    saver, volunteer = bank.register("both"), bank.register()
    bank.give(saver, 100)
    order_id, another = bank.published(saver, agreed_minutes=60), bank.published(saver)
    claim_id = bank.claimed(order_id, volunteer)
    bank.confirmed(claim_id)
    held = bank.minutes_of(saver.id)
    too_much = bank.clerk.post(f"{BASE}/claims/{bank.claimed(another, bank.register())}/confirm", {}, As_Of=at(-4 * HOUR))

    made(bank.clerk.post(f"{BASE}/claims/{claim_id}/admit", {}, As_Of=at()))
    made(volunteer.person.post(f"{BASE}/claims/{claim_id}/check_out", {}, As_Of=at(50 * MINUTE)))
    made(bank.clerk.post(f"{BASE}/claims/{claim_id}/settle", {}, As_Of=at(2 * HOUR)))

    assert held == {"personal_available": (25, 0), "personal_hold": (75, 75)}
    assert (too_much.status_code, code_of(too_much)) == (409, "not_enough_minutes")
    assert bank.minutes_of(saver.id) == {"personal_available": (55, 0), "personal_hold": (0, 0)}
    assert bank.minutes_of(volunteer.id)["personal_available"] == (45, 45)


def test_no_application_moves_what_is_held_for_a_claim(bank: Bank, volunteer: Somebody) -> None:
    saver, application = bank.register("both"), bank.suite.somebody("integrator", bank.county, scope="ledger:post")
    bank.give(saver, 200)
    claim_id = bank.claimed(bank.published(saver), volunteer)
    bank.confirmed(claim_id)
    lines = made(bank.admin.get(f"{BASE}/accounts?owner_id={saver.id}"))["items"]
    own, held = (next(one["id"] for one in lines if one["kind"] == f"personal_{kind}") for kind in ("available", "hold"))
    earns = made(bank.admin.get(f"{BASE}/accounts?owner_id={volunteer.id}&kind=personal_available"))["items"][0]["id"]

    def posted(kind: str, source: str, target: str, minutes: int) -> str:
        posting = {"type": kind, "from_account_id": source, "to_account_id": target, "minutes": minutes}
        answer = application.post(f"{BASE}/postings", posting, Idempotency_Key=str(uuid.uuid4()))
        return "posted" if answer.status_code == 201 else code_of(answer)

    said = [posted(*one) for one in (("release", held, own, 15), ("capture", held, earns, 15), ("hold", own, held, 60))]
    said += [posted(*one) for one in (("release", held, own, 61), ("release", held, own, 60))]
    cancelled = made(bank.clerk.post(f"{BASE}/claims/{claim_id}/cancel", {}, As_Of=at(-3 * HOUR)))

    assert said == ["not_enough_minutes", "not_enough_minutes", "posted", "not_enough_minutes", "posted"]
    assert cancelled["state"] == "cancelled"
    assert bank.minutes_of(saver.id) == {"personal_available": (200, 0), "personal_hold": (0, 0)}


def test_nobody_comes_forward_for_two_services_at_once(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    first = bank.claimed(bank.published(elder), volunteer)
    same, later = (bank.published(elder, start_at=at(after), end_at=at(after + HOUR)) for after in (59 * MINUTE, 60 * MINUTE))

    beside = volunteer.person.post(f"{BASE}/orders/{same}/claim", As_Of=at(-5 * HOUR))
    after = bank.claimed(later, volunteer)
    made(volunteer.person.post(f"{BASE}/claims/{first}/cancel", {}, As_Of=at(-4 * HOUR)))
    made(volunteer.person.post(f"{BASE}/claims/{after}/cancel", {}, As_Of=at(-4 * HOUR)))

    assert code_of(beside) == "hours_taken"
    assert bank.claimed(same, volunteer)


def test_nobody_is_confirmed_once_it_has_begun(bank: Bank, elder: Somebody, volunteer: Somebody) -> None:
    claim_id = bank.claimed(bank.published(elder), volunteer)

    assert code_of(bank.clerk.post(f"{BASE}/claims/{claim_id}/confirm", {}, As_Of=at())) == "begun_already"


def test_who_comes_forward_late_for_what_is_for_all_has_half_an_hour_to_be_there(bank: Bank, volunteer: Somebody) -> None:
    order = made(bank.clerk.post(f"{BASE}/orders", bank.wish(people_needed=20), As_Of=at(-6 * HOUR)))
    claim_id = made(volunteer.person.post(f"{BASE}/orders/{order['id']}/claim", As_Of=at(40 * MINUTE)))["id"]
    path, over = f"{BASE}/claims/{claim_id}", bank.claimed(order["id"], bank.register())
    pin = made(bank.clerk.post(f"{path}/confirm", {}, As_Of=at(45 * MINUTE)))["pin"]

    there = made(volunteer.person.post(f"{path}/check_in", {"pin": pin}, As_Of=at(70 * MINUTE)))

    assert (there["state"], there["start_at"]) == ("checked_in", at(45 * MINUTE).replace("+00:00", "Z"))
    assert code_of(bank.clerk.post(f"{BASE}/claims/{over}/confirm", {}, As_Of=at(2 * HOUR))) == "begun_already"


def test_a_spare_minute_shuts_nobody_out_of_the_pool_and_who_pays_is_looked_at_anew(bank: Bank) -> None:
    elder = bank.elder()
    bank.give(elder, 70)
    order = made(bank.clerk.post(f"{BASE}/orders", bank.wish(elder), As_Of=at(-6 * HOUR)))
    bank.give(elder, 5)

    published = made(bank.clerk.post(f"{BASE}/orders/{order['id']}/publish", {}, As_Of=at(-6 * HOUR)))

    assert (order["payer"], published["payer"]) == ("pool", "beneficiary")


@pytest.mark.parametrize("how", ["cancel", "decline"])
def test_what_was_held_goes_back_when_it_falls_through(bank: Bank, how: str) -> None:
    saver, volunteer = bank.register("both"), bank.register()
    bank.give(saver, 100)
    claim_id = bank.claimed(bank.published(saver), volunteer)
    if how == "cancel":
        bank.confirmed(claim_id)

    made(bank.clerk.post(f"{BASE}/claims/{claim_id}/{how}", {}, As_Of=at(-3 * HOUR)))

    assert bank.minutes_of(saver.id) == {"personal_available": (100, 0), "personal_hold": (0, 0)}


def test_the_countys_minutes_sum_to_zero(bank: Bank) -> None:
    trial = made(bank.admin.get(f"{BASE}/trial_balance?area_code={COUNTY}"))

    assert trial["sum_minutes"] == 0
