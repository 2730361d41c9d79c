"""Tracking (进度查询): who reported follows it by its number and a secret token, without an account."""

import hashlib
import hmac
import secrets
from typing import Annotated, Any, Final

from fastapi import Header
from pydantic import AwareDatetime, Field
from sqlalchemy import select

from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Db, Router
from gridwhistle.common.events.incidents import IncidentNo
from gridwhistle.common.principal import PUBLIC, Principal
from gridwhistle.common.problems import Problem, Term
from gridwhistle.common.tables import history
from gridwhistle.common.wire import View
from gridwhistle.incidents.contacts import has_contact, withdraw
from gridwhistle.incidents.domain import INCIDENT
from gridwhistle.incidents.tables import incidents
from gridwhistle.incidents.words import word

router = Router("incidents", "Residents 居民")
RESIDENT: Final = Principal(id="anonymous", roles=frozenset({"resident"}), areas=("",))
"""Who reports or follows without an account: a resident, of any place. What they may see, the token says."""
_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"  # none that people take for another; 26 of them are 128 bits
_PATTERN: Final = f"^[{_LETTERS}]{{26}}$"
_EXAMPLE: Final = "k7m2q9x4t8c3v6b5n2h7j4w9re"
_NOBODYS: Final = secrets.token_bytes(32)
_MOMENTS: Final = ("reported", "accepted", "filed", "dispatched", "handled", "checked", "closed")

TokenShown = Annotated[str, Field(pattern=_PATTERN, examples=[_EXAMPLE], description="Shown this once: keep it.")]
TrackingToken = Annotated[
    str,
    Header(
        alias="Tracking-Token",
        title="26 × a–z, 2–9",
        pattern=_PATTERN,
        examples=[_EXAMPLE],
        description="The token that was given with the number. It is never part of an address.",
    ),
]
"""What an endpoint asks for to be handed the token of the request."""

_WORDS: Final = {
    "reported": ("已收到您的反映", "We have your report"),
    "sampled": ("网格员已当场处置", "A worker put it right at once"),
    "self_resolved": ("网格员已当场处置", "A worker put it right at once"),
    "verifying": ("正在现场核实", "Somebody is looking whether it is so"),
    "accepted": ("已受理", "It was accepted"),
    "filed": ("已立案", "It is a case now"),
    "dispatched": ("已派给负责的部门", "It is with the department that has to act"),
    "objected": ("正在确定由哪个部门负责", "It is being decided which department has to act"),
    "disputed": ("正在确定由哪个部门负责", "It is being decided which department has to act"),
    "in_progress": ("部门正在处置", "The department is handling it"),
    "suspended": ("暂时无法处置,已列入计划", "It cannot be done now, and is planned for later"),
    "dept_review": ("部门正在确认处置结果", "The department is confirming what was done"),
    "handled": ("部门已处置", "The department has handled it"),
    "checking": ("正在现场核查", "Somebody is looking whether it is done"),
    "checked": ("已核查", "It was looked at, and is done"),
    "rework": ("核查未通过,重新处置", "It was not done, and has to be done again"),
    "closed": ("已结案", "It is closed"),
    "converted": ("正在调解", "It is being mediated"),
    "redirected": ("不由本平台办理", "It is for somebody else to deal with"),
    "rejected": ("不予受理", "It was not accepted"),
    "contested": ("正在复核您的异议", "Your objection is being looked at"),
    "merged": ("与已有事件合并办理", "The same thing is worked on already"),
    "voided": ("已作废", "It does not count"),
    "archived": ("已归档", "It is archived"),
}
_NEXT: Final = {
    "reported": ("乡镇(街道)决定是否受理。", "The township decides whether it is its business."),
    "sampled": ("网格长抽查后结案。", "The leader of the grid looks, and it is closed."),
    "self_resolved": ("几天内无异议即结案。", "It is closed in a few days."),
    "verifying": ("核实后决定是否受理。", "Then it is decided whether it is accepted."),
    "accepted": ("接下来确定由哪类部门处置。", "Next it is decided what kind of case it is, and who has to act."),
    "filed": ("接下来派给负责的部门。", "Next it goes to the department that has to act."),
    "dispatched": ("部门将签收并处置。", "The department takes it on and handles it."),
    "objected": ("确定后由该部门处置。", "Then that department handles it."),
    "disputed": ("由县级确定后处置。", "The county decides, and then it is handled."),
    "in_progress": ("处置后由部门确认。", "When that is done, the department confirms it."),
    "suspended": ("到期后继续处置。", "When its day has come, it is handled."),
    "dept_review": ("确认后到现场核查。", "When it is confirmed, somebody goes and looks."),
    "handled": ("接下来到现场核查。", "Next somebody goes and looks."),
    "checking": ("核查通过后结案。", "If it is, the case is closed."),
    "checked": ("接下来结案。", "Next the case is closed."),
    "rework": ("重新派给部门处置。", "It goes back to the department."),
    "closed": ("如问题仍在,几天内可要求重办一次。", "If it is not done, say so within a few days: it is reopened once."),
    "converted": ("调解成功即结案,否则退回继续办理。", "If you agree, it is closed; if not, it comes back."),
    "redirected": ("如列有单位,请向其反映。", "If a place is named, please turn to it."),
    "rejected": ("如有异议,几天内可提出一次。", "If it is the township's business after all, say so within a few days, once."),
    "contested": ("复核后告知结果。", "You will find the result here."),
    "merged": ("结果以该事件为准。", "What is done there holds for yours as well."),
    "voided": ("无后续步骤。", "Nothing happens any more."),
    "archived": ("无后续步骤。", "Nothing happens any more."),
}
"""The state in plain words, and what happens next."""
_LAST_WORD: Final = {
    "closed": (
        "reopen",
        ("如问题仍在,请拨打 12345 或再次反映。", "If the trouble is still there, call 12345, or report it again."),
    ),
    "rejected": ("contest", ("如有异议,请拨打 12345。", "If you object, call 12345.")),
}
"""What who reported it may do in a state, once, and what follows when they cannot."""
Sentence = Annotated[str, Field(max_length=200, examples=["已受理"])]


class NotTracked(Problem):
    """Which of the two is wrong, nobody is told."""

    status, code, kept = 404, "not_tracked", False
    title = Term("未找到", "Not found")
    zh, en = "没有与该编号和查询码相符的事件。", "No incident goes with this number and this token."


class TrackedStep(View):
    """Something that has happened, and when."""

    what: Sentence
    at: AwareDatetime


class TrackedView(View):
    """How far it is, in plain words: nothing about those who work on it, and nothing about anybody else.

    What is worked on under another number (并案) shows what becomes of it there.
    """

    incident_no: IncidentNo
    state: Sentence
    next: Annotated[str, Field(max_length=200, examples=["接下来派给负责的部门。"])]
    reason: Annotated[str | None, Field(max_length=200, description="Why, if nothing is done here.", examples=["超出职责范围"])]
    turn_to: Annotated[str | None, Field(max_length=200, description="Where to turn instead.", examples=["法院"])]
    steps: Annotated[list[TrackedStep], Field(max_length=50)]
    has_contact: Annotated[bool, Field(description="Whether your name or phone is kept; you may withdraw it.")]


def new_token() -> str:
    """Return a token; only its hash is kept, so it is shown once."""
    return "".join(secrets.choice(_LETTERS) for _ in range(26))


def hash_of(token: str) -> bytes:
    """Return what is kept of a token. It is random, and long, so that one round is enough."""
    return hashlib.sha256(token.encode()).digest()


async def tracked(db: Work, incident_no: str, token: str) -> Any:
    """Return the incident that the number and the token open; the token stands in for a jurisdiction.

    Raises:
        NotTracked: the number or the token is wrong, or the incident has none.
    """
    row = await db.first(select(incidents).where(incidents.c.incident_no == incident_no))
    kept = (row and row.tracking_hash) or _NOBODYS
    if not hmac.compare_digest(kept, hash_of(token)):
        raise NotTracked
    return row


@router.get("/tracking/{incident_no}", may=PUBLIC)
async def track_incident(incident_no: IncidentNo, token: TrackingToken, db: Db) -> TrackedView:
    """Follow what you reported (查询进度), by the number and the token that you were given, in the language you ask for."""
    incident = await tracked(db, incident_no, token)
    return await as_tracked(db, incident, has_contact=await has_contact(db, incident.id))


@router.post("/tracking/{incident_no}/withdraw_contact", may=PUBLIC)
async def withdraw_contact(incident_no: IncidentNo, token: TrackingToken, db: Db) -> TrackedView:
    """Withdraw your name and phone (撤回联系方式): they are deleted at once. What you reported stays, and you can follow it."""
    incident = await tracked(db, incident_no, token)
    async with db.command(RESIDENT, incidents, incident.id) as tx:
        await withdraw(tx)
        return tx.answer(await as_tracked(db, tx.row, has_contact=False))


async def as_tracked(db: Work, incident: Any, *, has_contact: bool) -> TrackedView:
    """Return an incident as who reported it sees it; of a merged one, what becomes of it where it is worked on."""
    found, moments = incident, await _moments(db, incident)
    while found.parent_id and (parent := await db.first(select(incidents).where(incidents.c.id == found.parent_id))):
        moments += [(name, at) for name, at in await _moments(db, parent) if at > found.terminal_at]
        found = parent

    def said(words: tuple[str, str]) -> str:
        return getattr(Term(*words), db.language)  # type: ignore[no-any-return]

    step, otherwise = _LAST_WORD.get(found.state, (None, None))
    follows = otherwise if otherwise and step not in INCIDENT.actions(incident, RESIDENT) else _NEXT[found.state]
    codes = found.reason_code, found.sent_to
    reason, turn_to = (None if code in {None, "nowhere"} else getattr(word(code), db.language) for code in codes)
    return TrackedView(
        incident_no=incident.incident_no,
        state=said(_WORDS[found.state]),
        next=said(follows),
        reason=reason,
        turn_to=turn_to,
        steps=[TrackedStep(what=said(_WORDS[name]), at=at) for name, at in moments],
        has_contact=has_contact,
    )


async def _moments(db: Work, incident: Any) -> list[tuple[str, Any]]:
    """Return what has happened, and when, of what a reporter is told."""
    moments = [(name, getattr(incident, f"{name}_at")) for name in _MOMENTS]
    if incident.terminal_at and not incident.closed_at:
        ended_as = incident.state
        if ended_as == "archived":  # long after it had ended
            steps = select(history.c.from_state).where(history.c.thing_id == incident.id, history.c.action == "archive")
            ended_as = archived.from_state if (archived := await db.first(steps)) else ended_as
        moments.append((ended_as, incident.terminal_at))
    return [(name, at) for name, at in moments if at]
