"""What nobody may, whatever their role; and that a lock and a query draw the border of a jurisdiction in the same place."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from gridwhistle.common.database import Database
from gridwhistle.common.denies import ApprovedByYou, ConcernsYou
from gridwhistle.common.ids import new_id
from gridwhistle.common.jurisdiction import within
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import NotFound
from gridwhistle.common.reading import one, page
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Keyset, PageQuery, View
from tests.toolshed import AREA, CLERK, COMPLAINT, ROLES, complaints, members, tools, work

pytestmark = pytest.mark.anyio
WATER, POWER = "990101-water", "990101-power"


def somebody(id_: str, org: str | None = None, *areas: str, roles: frozenset[str] = ROLES) -> Principal:
    return Principal(id=id_, roles=roles, areas=areas or ("990101",), org=org)


async def a_complaint(database: Database, **values: Any) -> UUID:
    async with work(database).command(CLERK) as tx:
        step = COMPLAINT.step(None, "complain", CLERK)
        return tx.create(complaints, step, **{"area_code": AREA, "subject_id": "nobody", **values}).id


async def take(database: Database, complaint_id: UUID, action: str, who: str, **values: Any) -> Row:
    caller = somebody(who)
    async with work(database).command(caller, complaints, complaint_id) as tx:
        tx.move(tx.row, COMPLAINT.step(tx.row, action, caller), **values)
        return tx.row


# --- a complaint against one's own house -------------------------------------------------------------------------------------


class Line(View):
    id: UUID


async def listed(database: Database, caller: Principal) -> set[UUID]:
    query = PageQuery(limit=200)
    return {line.id for line in (await page(work(database), caller, complaints, Keyset(complaints.c.id), query, Line)).items}


@pytest.mark.parametrize(
    ("complained", "org", "seen"),
    [
        pytest.param(WATER, WATER, False, id="its own"),
        pytest.param(POWER, WATER, True, id="another house's"),
        pytest.param(None, WATER, True, id="one against nobody"),
        pytest.param(WATER, None, True, id="somebody of no house"),
    ],
)
async def test_nobody_looks_into_a_complaint_against_their_own_house(
    database: Database, complained: str | None, org: str | None, seen: bool
) -> None:
    complaint_id, caller = await a_complaint(database, complained_org=complained), somebody("clerk-2", org)

    in_list = complaint_id in await listed(database, caller)
    try:
        await one(work(database), caller, complaints, complaint_id)
        async with work(database).command(caller, complaints, complaint_id):
            pass
        found = True
    except NotFound:
        found = False

    assert (in_list, found) == (seen, seen)


async def test_a_command_that_would_hold_it_finds_nothing(database: Database) -> None:
    complaint_id = await a_complaint(database, complained_org=WATER)

    with pytest.raises(NotFound):
        async with work(database).command(somebody("clerk-2", WATER), complaints, complaint_id):
            pass


@pytest.mark.parametrize(
    ("barred", "seen"),
    [
        pytest.param(["clerk-2"], False, id="who has an interest"),
        pytest.param(["clerk-3", "clerk-2"], False, id="one of several"),
        pytest.param(["clerk-3"], True, id="others have one"),
        pytest.param([], True, id="nobody has any more"),
        pytest.param(None, True, id="nobody ever had"),
    ],
)
async def test_nobody_looks_into_what_they_have_an_interest_in(
    database: Database, barred: list[str] | None, seen: bool
) -> None:
    complaint_id, caller = await a_complaint(database, barred_ids=barred), somebody("clerk-2")

    in_list = complaint_id in await listed(database, caller)
    try:
        async with work(database).command(caller, complaints, complaint_id):
            found = True
    except NotFound:
        found = False

    assert (in_list, found) == (seen, seen)


# --- approvals ---------------------------------------------------------------------------------------------------------------


async def test_who_it_is_about_does_not_approve(database: Database) -> None:
    complaint_id = await a_complaint(database, subject_id="clerk-2")

    with pytest.raises(ConcernsYou):
        await take(database, complaint_id, "review", "clerk-2")


async def test_who_it_is_about_may_do_what_approves_nothing(database: Database) -> None:
    complaint_id = await a_complaint(database, subject_id="clerk-2")
    await take(database, complaint_id, "review", "clerk-3")

    assert (await take(database, complaint_id, "note", "clerk-2")).state == "reviewed"


@pytest.mark.parametrize("between", [(), ("note",)], ids=["at once", "after something that approves nothing"])
async def test_two_approvals_in_a_row_are_two_peoples(database: Database, between: tuple[str, ...]) -> None:
    complaint_id = await a_complaint(database)
    await take(database, complaint_id, "review", "clerk-2")
    for action in between:
        await take(database, complaint_id, action, "clerk-3")

    with pytest.raises(ApprovedByYou):
        await take(database, complaint_id, "settle", "clerk-2")

    assert (await take(database, complaint_id, "settle", "clerk-3")).state == "settled"


async def test_what_begins_anew_may_be_looked_at_by_the_same_person(database: Database) -> None:
    complaint_id = await a_complaint(database)
    await take(database, complaint_id, "review", "clerk-2")
    await take(database, complaint_id, "send_back", "clerk-2", approved_by=None)

    assert (await take(database, complaint_id, "review", "clerk-2")).approved_by == "clerk-2"


async def test_an_approval_that_is_not_yours_is_not_offered(database: Database) -> None:
    row = await take(database, await a_complaint(database), "review", "clerk-2")

    assert COMPLAINT.actions(row, somebody("clerk-2")) == ["note", "send_back"]
    assert COMPLAINT.actions(row, somebody("clerk-3")) == ["note", "settle", "send_back"]


# --- the border is drawn twice, in the same place ----------------------------------------------------------------------------

PLACES = [
    {"area_code": AREA, "grid_code": f"{AREA}001"},
    {"area_code": AREA, "grid_code": f"{AREA}002", "lead_org": WATER},
    {"area_code": AREA, "lead_org": POWER},
    {"area_code": "990101001000"},
    {"area_code": "990101000000", "complained_org": WATER},
    {"area_code": "990101002001", "lead_org": WATER, "complained_org": WATER},
    {"area_code": "990102001001", "lead_org": WATER},
]
DESK = frozenset({"dept_desk"})


@pytest.mark.parametrize(
    "caller",
    [
        pytest.param(somebody("a", None, "990101"), id="a county"),
        pytest.param(somebody("a", None, "990101001"), id="a township"),
        pytest.param(somebody("a", None, AREA), id="a community"),
        pytest.param(somebody("a", None, f"{AREA}001"), id="a grid"),
        pytest.param(somebody("a", None, f"{AREA}001", "990102"), id="a grid and another county"),
        pytest.param(Principal(id="a", roles=ROLES, areas=()), id="nowhere"),
        pytest.param(somebody("a", WATER, "990101"), id="a county, of a house"),
        pytest.param(somebody("a", WATER, "990101", roles=DESK), id="a desk"),
        pytest.param(somebody("a", POWER, AREA, roles=DESK | {"resident"}), id="a desk whose people live there"),
        pytest.param(somebody("a", WATER, AREA, roles=DESK | {"grid_worker"}), id="more than a desk"),
        pytest.param(Principal(id="system:toolshed", roles=frozenset({"auto"}), areas=("",)), id="the service itself"),
    ],
)
async def test_a_lock_and_a_query_draw_the_border_in_the_same_place(database: Database, caller: Principal) -> None:
    everywhere = Principal(id="maker", roles=ROLES, areas=("",))
    async with work(database).command(everywhere) as tx:
        step = COMPLAINT.step(None, "complain", CLERK)
        made = [tx.create(complaints, step, subject_id="nobody", **place).id for place in PLACES]
    rows = await work(database).fetch(select(complaints).where(complaints.c.id.in_(made)))

    queried = await work(database).fetch(select(complaints.c.id).where(complaints.c.id.in_(made), within(complaints, caller)))

    assert {row.id for row in queried} == {row.id for row in rows if caller.reaches(complaints, row)}


async def test_ones_own_record_is_reached_where_the_table_says_whose_it_is(database: Database) -> None:
    me = new_id()
    async with work(database).command(CLERK) as tx:
        tx.create(members, None, id=me, area_code=AREA)
        tx.create(tools, None, id=me, area_code=AREA, state="idle", title="saw", deposit_minutes=0)
    caller = somebody(str(me), None, "990102")

    member = await one(work(database), caller, members, me)

    assert member.id == me
    assert caller.reaches(members, member)
    with pytest.raises(NotFound):
        await one(work(database), caller, tools, me)
    with pytest.raises(NotFound):
        async with work(database).command(caller, tools, me):
            pass
