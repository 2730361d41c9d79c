"""Contacts (联系方式): how to reach who reported, if they wish it; for those who answer them, and never for grid workers."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Table, UniqueConstraint, Uuid, select

from gridwhistle.common.commands import Command
from gridwhistle.common.data_classes import OPEN
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.holds import holds
from gridwhistle.common.personal import PersonName, Phone
from gridwhistle.common.problems import Conflict, Invalid, NotFound, Term
from gridwhistle.common.reading import one
from gridwhistle.common.retention import certify
from gridwhistle.common.rows import Row, thing_of
from gridwhistle.common.sealed import sealed
from gridwhistle.common.tables import moment, word
from gridwhistle.common.wire import Body, View
from gridwhistle.incidents.tables import incidents, metadata

router = Router("incidents", "Incidents 事件")
Channel = Literal["call", "text_message", "tracking"]
_ANSWERING: Final = frozenset({"town_acceptor", "dept_handler", "hotline_desk"})
_PURPOSE: Final = Term("就所反映的事项联系反映人", "to reach who reported, about what they reported")

# Emptied by class r1, counting from where the incident's own time does (`Kept` in tables.py); the row goes with the incident.
contacts = Table(
    "contact",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("incident_id", Uuid, ForeignKey(incidents.c.id), nullable=False),
    Column("anonymous", Boolean, nullable=False),
    *sealed("name", PersonName, to=_ANSWERING, basis="consent", purpose=_PURPOSE, kept="r1"),
    *sealed("phone", Phone, to=_ANSWERING, basis="consent", purpose=_PURPOSE, kept="r1"),
    *word("channel", Channel),
    Column("callback_ok", Boolean, nullable=False),
    moment("withdrawn_at"),
    UniqueConstraint("incident_id"),
    CheckConstraint("NOT anonymous OR (name IS NULL AND phone IS NULL)", name="anonymous_is_nobody"),
    CheckConstraint("withdrawn_at IS NULL OR (name IS NULL AND phone IS NULL AND NOT callback_ok)", name="withdrawn_is_gone"),
    info={"thing": Term("联系方式", "contact")},
)


class ContactUnclear(Invalid):
    """It is not said how to reach somebody who wishes to be reached."""

    code = "contact_unclear"
    zh = "匿名者不填姓名和电话;不匿名者至少填一项;接电话、短信或回访须填电话。"
    en = "Give no name or phone if anonymous, and at least one of them if not; to be called or written to, give the phone."


class OnLegalHold(Conflict):
    """What is disputed or looked into may not go away meanwhile."""

    code = "on_legal_hold"
    zh = "该事件依法封存,解除之前不能删除联系方式。"
    en = "The incident is on legal hold; the contact cannot go before it is lifted."


class Contact(Body):
    """How to reach who reported: anonymous, or a name, a phone, or both. Kept sealed, and no longer than it is needed."""

    anonymous: bool = False
    name: PersonName | None = None
    phone: Phone | None = None
    channel: Annotated[Channel, Field(description="How you wish to hear; `tracking`: you look yourself.")] = "tracking"
    callback_ok: Annotated[bool, Field(description="You may be called when it is closed, and asked how it went.")] = False


class ContactView(View):
    """How to reach who reported, masked; reveal it to see it in full."""

    id: UUID
    anonymous: bool
    name: PersonName | None
    phone: Phone | None
    channel: Annotated[Channel, OPEN]
    callback_ok: bool
    withdrawn_at: AwareDatetime | None


def check_contact(contact: Contact) -> None:
    """Look at a contact before anything is made.

    Raises:
        ContactUnclear: it contradicts itself, or leaves out what it asks for.
    """
    named = bool(contact.name or contact.phone)
    asks_for_phone = contact.callback_ok or contact.channel != "tracking"
    if contact.anonymous == named or (asks_for_phone and not contact.phone):
        raise ContactUnclear


def add_contact(tx: Command, incident: Row, contact: Contact) -> None:
    """Keep the contact of who reported an incident that is about to be made."""
    tx.insert(contacts, incident_id=incident.id, **dict(contact))


async def has_contact(db: Work, incident_id: UUID) -> bool:
    """Tell whether a name or a phone of who reported is there."""
    found = await db.first(select(contacts).where(contacts.c.incident_id == incident_id))
    return found is not None and bool(found.name or found.phone)


async def withdraw(tx: Command) -> None:
    """Take away the contact of the held incident, and certify it; what is not there needs no taking away.

    Raises:
        OnLegalHold: nothing of the incident may go.
    """
    incident = tx.row
    there = [contact for contact in await tx.children(contacts) if contact.name or contact.phone]
    if there and await tx.db.first(select(holds.c.id).where(holds.c.thing_id == incident.id, holds.c.state == "held")):
        raise OnLegalHold
    for contact in there:
        tx.update(contact, name=None, phone=None, callback_ok=False, channel="tracking", withdrawn_at=tx.now)
        tx.record(incident, "withdraw_contact")
        certify(tx, contacts.name, [str(contact.id)], "withdrawn", why="withdrawn_at", taken=("name", "phone"))


@router.get("/incidents/{incident_id}/contact", may="contacts:read")
async def get_contact(incident_id: UUID, caller: Caller, db: Db) -> ContactView:
    """Return how to reach who reported, masked. Not found, if they left nothing."""
    incident = await one(db, caller, incidents, incident_id)
    contact: Any = await db.first(select(contacts).where(contacts.c.incident_id == incident.id))
    if contact is None:
        raise NotFound(thing=thing_of(contacts))
    return ContactView.of(contact)
