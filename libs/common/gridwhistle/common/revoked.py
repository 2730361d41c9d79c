"""Whose tokens are refused from now on, whatever is remembered of them: a small set in memory, fed by personnel's events.

A revocation speaks for the area of who made it, by whatever code a token calls it: tokens that act within it are refused, those
of another county are not.
"""

import asyncio
import logging
from collections import defaultdict
from typing import TYPE_CHECKING, ClassVar, Final

from gridwhistle.common.again import Away
from gridwhistle.common.events.personnel import SubjectRevoked
from gridwhistle.common.moved import Moved
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Busy, Problem, Term
from gridwhistle.common.tables import revoked

if TYPE_CHECKING:
    from gridwhistle.common.consumers import Consumer
    from gridwhistle.common.database import Database
    from gridwhistle.common.running import Running

log = logging.getLogger(__name__)
_LOOK_EVERY_S: Final = 0.5
_COUNTS: Final = "SELECT (SELECT count(*) FROM revoked), (SELECT count(*) FROM moved_area)"


class TokenRevoked(Problem):
    """The token was good, and was revoked; a new one may be had from the issuer, if it still gives one."""

    status, code, kept = 401, "token_revoked", False
    title = Term("令牌已被吊销", "The token was revoked")
    zh, en = "您的令牌已被吊销;如仍有权限,请重新登录。", "Your token was revoked; sign in again, if you still may."
    headers: ClassVar = {"WWW-Authenticate": 'Bearer realm="gridwhistle", error="invalid_token"'}


class Revoked:
    """The set, as one process has it. Until it is read for the first time nobody is let in."""

    def __init__(self) -> None:
        self._by_subject: dict[str, list[tuple[float, tuple[str, ...]]]] | None = None
        self._counts: tuple[int, ...] = ()

    def check(self, caller: Principal, issued_at: float) -> None:
        """Let a token pass that was issued to the caller at this time.

        Raises:
            TokenRevoked: it was issued before a revocation.
            Busy: the set was not read yet.
        """
        if self._by_subject is None:
            raise Busy
        for since, areas in self._by_subject.get(caller.id, ()):
            if issued_at < since and (not caller.areas or any(own.startswith(areas) for own in caller.areas)):
                raise TokenRevoked

    async def look(self, database: "Database") -> None:
        """Read what was added; rows are only ever added."""
        counts = tuple((await database.run(database.background, _COUNTS))[0])
        if counts == self._counts and self._by_subject is not None:
            return
        old = await database.run(database.background, "SELECT area_code, merged_into FROM moved_area")
        moved = Moved({row["area_code"]: row["merged_into"] for row in old})
        by_subject: dict[str, list[tuple[float, tuple[str, ...]]]] = defaultdict(list)
        for row in await database.run(database.background, "SELECT subject_id, since, area_code FROM revoked"):
            by_subject[row["subject_id"]].append((row["since"].timestamp(), moved.prefixes(row["area_code"])))
        self._by_subject, self._counts = dict(by_subject), counts


async def watch_revoked(service: "Running") -> None:
    """Look twice a second for what another process was told, until cancelled."""
    while True:
        try:
            await service.database.revoked.look(service.database)
        except (Away, Busy) as later:
            log.info("%s does not see who is revoked: %s", service.name, type(later).__name__)
        await asyncio.sleep(_LOOK_EVERY_S)


def copy_revoked(consumer: "Consumer") -> None:
    """Let a service keep the set."""
    consumer.copies(SubjectRevoked, into=revoked, why="Refuse tokens that are good no longer.")
