"""What is on file of a participant (登记材料): courses that they passed, and what they are entitled to."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from gridwhistle.common.calendars import day_of
from gridwhistle.common.data_classes import P3
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.machine import check
from gridwhistle.common.personal import Entitlement
from gridwhistle.common.problems import Conflict, Invalid
from gridwhistle.common.reasons import Why
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.common.wire import Body, Day
from gridwhistle.timebank.eligibility import Category
from gridwhistle.timebank.offering import Course, WithdrawnAlready
from gridwhistle.timebank.participant_states import not_about_oneself
from gridwhistle.timebank.participant_tables import entitlements, participants, trainings
from gridwhistle.timebank.participant_views import OF_ONE_MAX, ParticipantView, participant_as_seen

router = Router("timebank", "Participants 参与人: papers 登记材料")


class TrainedAlready(Conflict):
    """A course is passed once; enter a later day under another name of the course, or not at all."""

    code = "trained_already"
    zh, en = "该培训已登记。", "That course is entered already."


class NotPassedYet(Invalid):
    """Some services ask for a course that somebody has passed, not for one that they will."""

    code = "not_passed_yet"
    zh, en = "培训通过日期不得晚于今天。", "The day on which the course was passed has not come yet."


class EnoughOfThem(Conflict):
    """As many as can be shown."""

    code = "enough_of_them"
    zh, en = "每人最多登记 {most} 条。", "A participant has {most} of them at most."


class UnknownEntitlement(Invalid):
    """What is withdrawn is one of theirs."""

    code = "unknown_entitlement"
    zh, en = "该参与人没有这项资格认定。", "They have no such entitlement."


class NewTraining(Body):
    """A course that somebody passed."""

    course: Course
    passed_on: Day


class NewEntitlement(Body):
    """Why somebody is served: a label, never a diagnosis or an income."""

    category: Annotated[Category, P3]
    valid_until: Day


class WithdrawEntitlement(Why):
    """Which of theirs, and why it is wrong."""

    entitlement_id: Annotated[UUID, Field(strict=False)]


@router.post("/participants/{participant_id}/trainings", may="participants:write", status_code=201)
async def add_training(participant_id: UUID, body: NewTraining, caller: Caller, db: Db) -> ParticipantView:
    """Enter a course that somebody passed (培训): some services ask for one."""
    async with db.command(caller, participants, participant_id) as tx:
        check(tx.row, caller, not_about_oneself)
        if body.passed_on > day_of(tx.now):
            raise NotPassedYet
        learnt = await tx.children(trainings)
        if any(one.course == body.course for one in learnt):
            raise TrainedAlready
        _check_room(learnt)
        made = tx.insert(trainings, participant_id=participant_id, entered_by=caller.id, **dict(body))
        tx.record(tx.row, "train")
        return tx.answer(participant_as_seen(caller, tx.row, [*learnt, made], await tx.children(entitlements)))


@router.post("/participants/{participant_id}/entitlements", may="participants:write", status_code=201)
async def add_entitlement(participant_id: UUID, body: NewEntitlement, caller: Caller, db: Db) -> ParticipantView:
    """Enter that somebody is entitled to services (资格认定) which the public pool pays."""
    async with db.command(caller, participants, participant_id) as tx:
        check(tx.row, caller, not_about_oneself)
        entitled = await tx.children(entitlements)
        _check_room(entitled)
        category = Entitlement(body.category)
        given = {"participant_id": participant_id, "issued_by": caller.org or caller.id, "entered_at": tx.now}
        made = tx.insert(entitlements, category=category, valid_until=body.valid_until, **given)
        tx.record(tx.row, "entitle")
        return tx.answer(participant_as_seen(caller, tx.row, await tx.children(trainings), [*entitled, made]))


@router.post("/participants/{participant_id}/withdraw_entitlement", may="participants:write")
async def withdraw_entitlement(participant_id: UUID, body: WithdrawEntitlement, caller: Caller, db: Db) -> ParticipantView:
    """Say that an entitlement is wrong, or no longer so (撤销资格). Nobody pays by it any more; what was paid stays."""
    async with db.command(caller, participants, participant_id) as tx:
        check(tx.row, caller, not_about_oneself)
        entitled = await tx.children(entitlements)
        wrong = next((one for one in entitled if one.id == body.entitlement_id), None)
        if wrong is None:
            raise UnknownEntitlement
        if wrong.withdrawn_at:
            raise WithdrawnAlready(thing=thing_of(entitlements))
        tx.update(wrong, withdrawn_at=tx.now)
        tx.record(tx.row, "withdraw_entitlement", body.reason)
        return tx.answer(participant_as_seen(caller, tx.row, await tx.children(trainings), entitled))


def _check_room(there: list[Row]) -> None:
    if len(there) >= OF_ONE_MAX:
        raise EnoughOfThem(most=OF_ONE_MAX)
