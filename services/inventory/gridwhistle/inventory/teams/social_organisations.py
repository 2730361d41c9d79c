"""Social organisations (社会应急力量): what they can give in an emergency, and how they are called in."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, Text, cast, literal
from sqlalchemy.dialects.postgresql import JSONB

from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.events.inventory_teams import SocialOrganisationCalledIn, SocialOrganisationReleased
from gridwhistle.common.ids import AreaCode
from gridwhistle.common.moved import today
from gridwhistle.common.personal import MASKED, PersonName, Phone
from gridwhistle.common.places import Latitude, Longitude, Point
from gridwhistle.common.principal import Principal
from gridwhistle.common.reading import filters, one, page
from gridwhistle.common.reasons import Remark
from gridwhistle.common.wire import Actions, Body, Day, Keyset, Page, PageQuery, Version, View
from gridwhistle.inventory.lasting import check_lasts
from gridwhistle.inventory.teams.domain import HelpKind
from gridwhistle.inventory.teams.response_teams import ReadyMinutes
from gridwhistle.inventory.teams.tables import social_organisations
from gridwhistle.inventory.teams.team_states import SOCIAL_ORGANISATION

router = Router("inventory", "Social organisations 社会应急力量")
_NEWEST = Keyset(social_organisations.c.id)
SocialState = Literal[SOCIAL_ORGANISATION.states]  # type: ignore[name-defined]
SocialName = Annotated[str, Field(min_length=1, max_length=60, examples=["示例县蓝天救援协会"])]
CalledBy = Annotated[
    str,
    Field(min_length=1, max_length=300, description="How it is called in.", examples=["县应急管理局书面邀请,负责人确认后出动"]),
    MASKED,
]
AgreementNo = Annotated[str, Field(min_length=1, max_length=60, examples=["示例县应急协〔2026〕7号"])]


class Help(Body):
    """Something that an organisation can give."""

    kind: HelpKind
    quantity: Annotated[int, Field(ge=1, le=1_000_000, examples=[6])]


class HelpView(View):
    """Something that an organisation can give."""

    kind: Annotated[HelpKind, OPEN]
    quantity: Annotated[int, Field(ge=1, le=1_000_000, examples=[6])]


Gives = Annotated[list[Help], Field(min_length=1, max_length=20)]


class NewSocialOrganisation(Body):
    """A social organisation: what it can give, how it is called in, and on what agreement."""

    name: SocialName
    area_code: AreaCode
    gives: Gives
    called_by: CalledBy
    ready_minutes: ReadyMinutes = 120
    agreement_no: AgreementNo | None = None
    agreed_until: Day | None = None
    location: Point | None = None
    contact_name: PersonName | None = None
    contact_phone: Phone | None = None


class SocialOrganisationChange(Body):
    """What changes; what is left out stays."""

    gives: Gives | None = None
    called_by: CalledBy | None = None
    ready_minutes: ReadyMinutes | None = None
    agreement_no: AgreementNo | None = None
    agreed_until: Day | None = None
    contact_name: PersonName | None = None
    contact_phone: Phone | None = None


class CallIn(Remark):
    """For which response that lasts, if for one."""

    response_id: Annotated[UUID | None, Field(strict=False)] = None


class SocialOrganisationLine(View):
    """A social organisation in a list."""

    id: UUID
    version: Version
    name: SocialName
    state: Annotated[SocialState, OPEN]
    area_code: AreaCode
    gives: Annotated[list[HelpView], Field(max_length=20)]
    called_by: CalledBy
    ready_minutes: ReadyMinutes
    agreed_until: dt.date | None
    lon: Longitude | None
    lat: Latitude | None
    response_id: UUID | None
    called_in_at: AwareDatetime | None


class SocialOrganisationView(SocialOrganisationLine):
    """A social organisation; whom to call is masked."""

    agreement_no: AgreementNo | None
    contact_name: PersonName | None
    contact_phone: Phone | None
    listed_at: AwareDatetime
    actions: Actions


class SocialOrganisationQuery(PageQuery):
    """Which social organisations."""

    area_code: AreaCode | None = None
    state: SocialState | None = None
    gives: HelpKind | None = None


@router.post("/social_organisations", may="response_teams:write", status_code=201)
async def add_social_organisation(body: NewSocialOrganisation, caller: Caller, db: Db) -> SocialOrganisationView:
    """Write a social organisation down."""
    area_code = await today(db, body.area_code)
    async with db.command(caller) as tx:
        step, point = SOCIAL_ORGANISATION.step(None, "list", caller), body.location
        said = {name: value for name, value in body if name not in {"location", "area_code", "gives"}}
        starts: dict[str, Any] = {"lon": point and point.lon, "lat": point and point.lat}
        gives = [dict(one) for one in body.gives]
        made = tx.create(social_organisations, step, area_code=area_code, gives=gives, listed_at=tx.now, **starts, **said)
        return tx.answer(_view(made, caller))


@router.get("/social_organisations", may="response_teams:read")
async def list_social_organisations(
    query: Annotated[SocialOrganisationQuery, InQuery()], caller: Caller, db: Db
) -> Page[SocialOrganisationLine]:
    """List the social organisations of your jurisdiction, newest first; with `gives`, those that can give it."""
    return await page(db, caller, social_organisations, _NEWEST, query, SocialOrganisationLine, _asked)


@router.get("/social_organisations/{social_organisation_id}", may="response_teams:read")
async def get_social_organisation(social_organisation_id: UUID, caller: Caller, db: Db) -> SocialOrganisationView:
    """Return a social organisation."""
    return _view(await one(db, caller, social_organisations, social_organisation_id), caller)


@router.patch("/social_organisations/{social_organisation_id}", may="response_teams:write")
async def change_social_organisation(
    social_organisation_id: UUID, body: SocialOrganisationChange, caller: Caller, db: Db
) -> SocialOrganisationView:
    """Change what is written of a social organisation."""
    async with db.command(caller, social_organisations, social_organisation_id) as tx:
        given = {name: value for name, value in body if value is not None}
        if body.gives:
            given["gives"] = [dict(one) for one in body.gives]
        tx.update(tx.row, **given)
        tx.record(tx.row, "change")
        return tx.answer(_view(tx.row, caller))


@router.post("/social_organisations/{social_organisation_id}/call_in", may="response_teams:call")
async def call_in_social_organisation(
    social_organisation_id: UUID, body: CallIn, caller: Caller, db: Db
) -> SocialOrganisationView:
    """Call a social organisation in (调用), in the way that it says in `called_by`."""
    async with db.command(caller, social_organisations, social_organisation_id) as tx:
        step = SOCIAL_ORGANISATION.step(tx.row, "call_in", caller)
        await check_lasts(db, body.response_id, tx.row.area_code)
        tx.move(tx.row, step, reason=body.reason, response_id=body.response_id, called_in_at=tx.now)
        tx.tell(tx.row, SocialOrganisationCalledIn(response_id=body.response_id))
        return tx.answer(_view(tx.row, caller))


@router.post("/social_organisations/{social_organisation_id}/release", may="response_teams:call")
async def release_social_organisation(
    social_organisation_id: UUID, body: Remark, caller: Caller, db: Db
) -> SocialOrganisationView:
    """Let a social organisation go home."""
    async with db.command(caller, social_organisations, social_organisation_id) as tx:
        step, response_id = SOCIAL_ORGANISATION.step(tx.row, "release", caller), tx.row.response_id
        tx.move(tx.row, step, reason=body.reason, response_id=None, called_in_at=None)
        tx.tell(tx.row, SocialOrganisationReleased(response_id=response_id))
        return tx.answer(_view(tx.row, caller))


@router.post("/social_organisations/{social_organisation_id}/strike", may="response_teams:write")
async def strike_social_organisation(
    social_organisation_id: UUID, body: Remark, caller: Caller, db: Db
) -> SocialOrganisationView:
    """Take a social organisation off the list."""
    async with db.command(caller, social_organisations, social_organisation_id) as tx:
        step = SOCIAL_ORGANISATION.step(tx.row, "strike", caller)
        tx.move(tx.row, step, reason=body.reason, terminal_at=tx.now)
        return tx.answer(_view(tx.row, caller))


def _asked(query: SocialOrganisationQuery) -> list[ColumnElement[bool]]:
    asked = filters(social_organisations, query.model_copy(update={"gives": None}))
    if query.gives:
        one = cast(literal(f'[{{"kind": "{query.gives}"}}]', Text), JSONB)
        asked.append(cast(social_organisations.c.gives, JSONB).op("@>")(one))
    return asked


def _view(made: Any, caller: Principal) -> SocialOrganisationView:
    gives = [HelpView.holding(one) for one in made.gives]
    return SocialOrganisationView.of(made, gives=gives, actions=SOCIAL_ORGANISATION.actions(made, caller))
