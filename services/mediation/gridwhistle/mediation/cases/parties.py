"""Who is in a case (当事人): entered by the committee, kept sealed, shown masked."""

from uuid import UUID

from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.machine import check
from gridwhistle.common.personal import AddressDetail, IdNumber, PersonName, Phone, SealedText
from gridwhistle.common.reading import one
from gridwhistle.common.reasons import Why
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body
from gridwhistle.mediation.cases.erasing import erase
from gridwhistle.mediation.cases.guards import goes_on_or_is_followed_up, keeps_the_file
from gridwhistle.mediation.cases.refusals import EnoughParties, EnoughRepresentatives, FactsStand, PartyUnclear
from gridwhistle.mediation.cases.steps import limits_of, parties_in, party_of
from gridwhistle.mediation.cases.tables import Capacity, PartyKind, Side, cases, parties
from gridwhistle.mediation.cases.views import PARTIES_MAX, CaseView, Parties, PartyView, case_view, parties_of
from gridwhistle.mediation.limits import CONSENT, REPRESENTATIVES

router = Router("mediation", "Cases 调解案件: parties 当事人")
BEFORE_ACCEPTANCE = ("applied", "found", "referred_in", "consent_pending")


class NewParty(Body):
    """Somebody who is in the dispute. What is not needed is not asked: identity numbers only where the law has them written."""

    side: Side
    kind: PartyKind = "person"
    name: PersonName | None = None
    org_name: SealedText | None = None
    id_number: IdNumber | None = None
    phone: Phone | None = None
    address: AddressDetail | None = None
    home_area: AreaCode | None = None
    capacity: Capacity = "full"
    guardian_name: PersonName | None = None
    guardian_phone: Phone | None = None
    is_representative: bool = False


class PartyChange(Body):
    """What changes; what is left out stays."""

    phone: Phone | None = None
    address: AddressDetail | None = None
    id_number: IdNumber | None = None


@router.post("/cases/{case_id}/parties", may="cases:write", status_code=201)
async def add_party(case_id: UUID, body: NewParty, caller: Caller, db: Db) -> CaseView:
    """Enter a party, until the case is accepted; everybody who is one is asked, and has the time that the channel gives."""
    async with db.command(caller, cases, case_id) as tx:
        if tx.row.state not in BEFORE_ACCEPTANCE:
            raise FactsStand
        there = await parties_in(tx)
        add_to(tx, tx.row, body, there)
        if tx.row.state == "consent_pending":
            await tx.clocks.set_again(tx.row, CONSENT, limits_of(tx, tx.row)[CONSENT])
        tx.record(tx.row, "add_party")
        return tx.answer(case_view(tx.row, there, caller))


@router.get("/cases/{case_id}/parties", may="parties:read")
async def list_parties(case_id: UUID, caller: Caller, db: Db) -> Parties:
    """Return the parties of a case, masked. To see them in full is a look that is kept: `reveal`."""
    await one(db, caller, cases, case_id)
    return Parties(items=[PartyView.of(party) for party in await parties_of(db, case_id)])


@router.post("/cases/{case_id}/parties/{part_id}/change", may="cases:write")
async def change_party(case_id: UUID, part_id: UUID, body: PartyChange, caller: Caller, db: Db) -> PartyView:
    """Change how a party is reached, and their number where the law has it written; until nobody asks them any more."""
    async with db.command(caller, cases, case_id) as tx:
        check(tx.row, caller, keeps_the_file, goes_on_or_is_followed_up)
        party = await party_of(tx, part_id)
        changes = {name: value for name, value in body if value is not None}
        tx.update(party, **changes)
        tx.record(tx.row, "change_party", " ".join(sorted(changes)))
        return tx.answer(PartyView.of(party))


@router.post("/cases/{case_id}/parties/{part_id}/strike", may="cases:write")
async def strike_party(case_id: UUID, part_id: UUID, body: Why, caller: Caller, db: Db) -> CaseView:
    """Strike a party who was entered by mistake (更正误录), until the case is accepted: what is known of them is erased."""
    async with db.command(caller, cases, case_id) as tx:
        if tx.row.state not in BEFORE_ACCEPTANCE:
            raise FactsStand
        party = await party_of(tx, part_id)
        await erase(tx, "strike_party", [party])
        tx.update(party, struck_at=tx.now)
        there = await parties_in(tx)
        _count(tx, tx.row, there)
        tx.record(tx.row, "strike_party", body.reason)
        return tx.answer(case_view(tx.row, there, caller))


def add_to(tx: Command, case: Row, body: NewParty, there: list[Row]) -> None:
    """Enter a party into a case that the command holds or makes; `there` are those that it has, and grows."""
    _check(body)
    if len(there) >= PARTIES_MAX:
        raise EnoughParties(most=PARTIES_MAX)
    if body.is_representative:
        most = tx.rule(REPRESENTATIVES, case.area_code).amount
        if sum(party.side == body.side and party.is_representative for party in there) >= most:
            raise EnoughRepresentatives(most=most)
    made = tx.insert(parties, case_id=case.id, added_at=tx.now, **dict(body))
    there.append(made)
    _count(tx, case, there)


def _count(tx: Command, case: Row, there: list[Row]) -> None:
    """Note of a case whether both sides are there, and how many have not said yes."""
    sides, left = {party.side for party in there}, sum(not party.is_willing for party in there)
    tx.update(case, has_both_sides={"applicant", "respondent"} <= sides, parties_to_answer=left)


def _check(body: NewParty) -> None:
    named = body.name if body.kind == "person" else body.org_name
    other = body.org_name if body.kind == "person" else body.name
    guarded = body.capacity == "full" or body.guardian_name is not None
    if named is None or other is not None or not guarded:
        raise PartyUnclear
