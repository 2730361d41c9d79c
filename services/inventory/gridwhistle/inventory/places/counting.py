"""How many people are in an open shelter: arrivals and departures as they are counted, the total anew, and what is missing."""

from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from gridwhistle.common.commands import Command
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_places import ShelterFull, ShelterRelieved
from gridwhistle.common.principal import Principal, system
from gridwhistle.common.rows import Row
from gridwhistle.common.wire import Body
from gridwhistle.inventory.places.domain import GroupTooLarge, Need, NotSoMany
from gridwhistle.inventory.places.nearest import NEXT_MAX, NextShelter, next_nearest
from gridwhistle.inventory.places.shelter_states import SHELTER
from gridwhistle.inventory.places.shelters import OpeningView, People, ShelterView
from gridwhistle.inventory.places.tables import openings, shelters

router = Router("inventory", "Shelters 应急避难场所")
_SYSTEM: Final = system("inventory")
GROUPS: Final = ("elderly", "children", "disabled", "sick")
"""Each is part of the total; who is old and ill is in two of them."""


class PeopleCounted(Body):
    """How many people, and how many of them are in each group. Numbers alone: no field takes a name."""

    total: People
    elderly: People = 0
    children: People = 0
    disabled: People = 0
    sick: People = 0
    needs: Annotated[
        list[Need] | None, Field(max_length=10, description="What is missing there now; as it was, if left out.")
    ] = None


class CountedView(ShelterView):
    """A shelter as it is now, and where to go when it is full: nearest first, open ones with room before others."""

    next_nearest: Annotated[list[NextShelter], Field(max_length=NEXT_MAX)]


@router.post("/shelters/{shelter_id}/admit", may="places:run", needs_key=True)
async def admit(shelter_id: UUID, body: PeopleCounted, caller: Caller, db: Db) -> CountedView:
    """Count people who came (入住). At its capacity a shelter is full by itself, and the answer says where else there is room.

    A number refuses nobody who stands at the door: more than the capacity can be counted.
    """
    async with db.command(caller, shelters, shelter_id) as tx:
        opening = await opening_of(tx, "admit")
        numbers = {name: getattr(opening, name) + getattr(body, name) for name in ("total", *GROUPS)}
        return await _count(tx, "admit", opening, numbers, body, arrived=body.total)


@router.post("/shelters/{shelter_id}/let_go", may="places:run", needs_key=True)
async def let_go(shelter_id: UUID, body: PeopleCounted, caller: Caller, db: Db) -> CountedView:
    """Count people who left (离开). A shelter that was full is open again by itself when there is room."""
    async with db.command(caller, shelters, shelter_id) as tx:
        opening = await opening_of(tx, "let_go")
        numbers = {name: getattr(opening, name) - getattr(body, name) for name in ("total", *GROUPS)}
        return await _count(tx, "let_go", opening, numbers, body)


@router.post("/shelters/{shelter_id}/recount", may="places:run")
async def recount(shelter_id: UUID, body: PeopleCounted, caller: Caller, db: Db) -> CountedView:
    """Say how many are there now (清点), whatever was counted before."""
    async with db.command(caller, shelters, shelter_id) as tx:
        opening = await opening_of(tx, "recount")
        numbers = {name: getattr(body, name) for name in ("total", *GROUPS)}
        return await _count(tx, "recount", opening, numbers, body, arrived=max(0, body.total - opening.total))


async def opening_of(tx: Command, action: str) -> Row:
    """Return the opening that a held shelter has just now, to be changed.

    Raises:
        IllegalMove, WrongRole: it is not open, or the action is not the caller's.
    """
    SHELTER.step(tx.row, action, tx.caller)
    return next(one for one in await tx.children(openings) if one.id == tx.row.opening_id)


def counts_of(opening: Any) -> dict[str, Any]:
    """Return what events say of an opening: numbers."""
    return {"opening_id": opening.id, **{name: getattr(opening, name) for name in ("total", *GROUPS, "most", "arrived")}}


async def _count(
    tx: Command, action: str, opening: Row, numbers: dict[str, int], body: PeopleCounted, *, arrived: int = 0
) -> CountedView:
    """Write numbers down, and let the shelter be full, or open again, if they say so."""
    shelter, total = tx.row, numbers["total"]
    if min(numbers.values()) < 0:
        raise NotSoMany(people=opening.total)
    if max(numbers[name] for name in GROUPS) > total:
        raise GroupTooLarge
    needs = opening.needs if body.needs is None else sorted(set(body.needs))
    seen = {"most": max(opening.most, total), "arrived": opening.arrived + arrived, "counted_at": tx.now, "needs": needs}
    tx.update(opening, **numbers, **seen)
    tx.move(shelter, SHELTER.step(shelter, action, tx.caller), people=total)
    elsewhere = await next_nearest(tx.db, shelter) if total >= shelter.capacity else []
    if shelter.state == "open" and total >= shelter.capacity:
        tx.move(shelter, SHELTER.step(shelter, "fill", _SYSTEM))
        next_id = elsewhere[0].id if elsewhere else None
        tx.tell(shelter, ShelterFull(response_id=shelter.response_id, next_shelter_id=next_id, **counts_of(opening)))
    elif shelter.state == "full" and total < shelter.capacity:
        tx.move(shelter, SHELTER.step(shelter, "relieve", _SYSTEM))
        tx.tell(shelter, ShelterRelieved(response_id=shelter.response_id, **counts_of(opening)))
    return tx.answer(_view(shelter, opening, tx.caller, elsewhere))


def _view(shelter: Row, opening: Row, caller: Principal, elsewhere: list[NextShelter]) -> CountedView:
    more = {"opening": OpeningView.of(opening), "actions": SHELTER.actions(shelter, caller)}
    return CountedView.of(shelter, next_nearest=elsewhere, **more)
