"""Emergency sessions (应急): what is personal and was kept for a response goes when it is over, in every service.

突发事件应对法 art. 83–85. The inventory service says when; each service takes away, certifies, and tells how much it was.
"""

from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import MetaData, func, select

from gridwhistle.common.consumers import Consumer
from gridwhistle.common.database import Db
from gridwhistle.common.events import REGISTRY, Envelope
from gridwhistle.common.events.inventory import SessionPurgeDue
from gridwhistle.common.ids import area_code_of
from gridwhistle.common.principal import system
from gridwhistle.common.retention import certificates, purge_session, purged_sessions


def hear_of_the_end(consumer: Consumer, tables: MetaData) -> None:
    """Let a service's consumer take away what is personal in a session when it is told that the session is over."""

    async def end_session(event: Envelope[SessionPurgeDue], session_id: UUID, db: Db) -> None:
        """Take away what is personal and was kept for the session; say how much it was."""
        await purge_session(db.database, tables, session_id, await db.now())
        taken = await db.first(
            select(func.coalesce(func.sum(certificates.c.rows), 0), func.count()).where(
                certificates.c.emergency_session_id == session_id
            )
        )
        assert taken is not None
        # Each service tells of a thing of its own: under one id their events would be taken for one thing's.
        own_id = uuid5(session_id, consumer.service)
        known = await db.first(select(purged_sessions.c.id).where(purged_sessions.c.id == own_id))
        db.emergency_session_id = session_id
        async with db.command(system(consumer.service), *([(purged_sessions, own_id)] if known else [])) as tx:
            place: dict[str, Any] = {"area_code": area_code_of(event.area_code), "session_id": session_id}
            session = tx.row if known else tx.create(purged_sessions, None, id=own_id, purged_at=tx.now, **place)
            told = REGISTRY[f"gw.{consumer.service}.session.purged.v1"]
            tx.tell(session, told(rows=int(taken[0]), certificates=int(taken[1])))

    consumer.on(SessionPurgeDue)(end_session)
