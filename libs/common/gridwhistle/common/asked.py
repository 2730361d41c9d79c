"""What a request brings: its body, and in headers its key, the version it is based on, when it happened, of which emergency."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import ValidationError

from gridwhistle.common import wire
from gridwhistle.common.principal import ANONYMOUS, HISTORY, Principal
from gridwhistle.common.problems import (
    BadHeader,
    Forbidden,
    MediaTypeNotTaken,
    NotJson,
    Term,
    TooLarge,
    VersionNeeded,
)

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
RANDOM_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_ETAG = re.compile(r'"([0-9]{1,9})"')


class NotInThePast(Forbidden):
    """Only imports of the past say when something happened."""

    code, kept = "not_in_the_past", False
    zh = "只有持“history:import”权限的接入应用可以注明 As-Of;请去掉该请求头。"
    en = "Only a token with the scope history:import may say As-Of; leave the header out, and it happens now."


def path_of(scope: "Scope") -> str:
    """Return the path with its query: both belong to what a key stands for."""
    path: str = scope["path"]
    return f"{path}?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else path


def version_of(method: str, headers: Mapping[bytes, str]) -> int | None:
    """Return the version that a command is based on; a change of content has to say it."""
    given = headers.get(b"if-match")
    if given is None:
        if method in {"PATCH", "PUT"}:
            raise VersionNeeded
        return None
    etag = _ETAG.fullmatch(given.strip())
    if etag is None or method == "GET":
        raise BadHeader(header="If-Match", form='ETag, "7"')
    return int(etag[1])


def as_of(method: str, headers: Mapping[bytes, str], caller: Principal, *, development: bool) -> dt.datetime | None:
    """Return when a command says that it happened; None: now.

    Raises:
        NotInThePast: it is not the caller's to say so.
        BadHeader: it is no moment, one that is still to come, or this is no command.
    """
    if b"as-of" not in headers:
        return None
    try:
        moment = wire.MOMENT.validate_strings(headers[b"as-of"])
    except ValidationError:
        moment = None
    if moment is None or method == "GET" or not (development or moment <= dt.datetime.now(dt.UTC)):
        raise BadHeader(header="As-Of", form="RFC 3339, 2026-07-06T08:30:00+08:00")
    if not (development or caller.may(HISTORY)):
        raise NotInThePast
    return moment


def session_of(headers: Mapping[bytes, str]) -> UUID | None:
    """Return the emergency session that a request belongs to."""
    if b"emergency-session" not in headers:
        return None
    try:
        return UUID(headers[b"emergency-session"])
    except ValueError:
        raise BadHeader(header="Emergency-Session", form="UUID") from None


def key_of(headers: Mapping[bytes, str], caller: Principal, *, needed: bool = False) -> str | None:
    """Return the key of a request. Whose it is tells keys apart; of strangers the key alone does, so it cannot be guessed."""
    key = headers.get(b"idempotency-key")
    if key is None and not needed:
        return None
    if caller is ANONYMOUS and not RANDOM_KEY.fullmatch(key or ""):
        raise BadHeader(header="Idempotency-Key", form="UUID 4")
    if key is None or not _KEY.fullmatch(key):
        raise BadHeader(header="Idempotency-Key", form="1–255 ASCII")
    return key


async def body_of(headers: Mapping[bytes, str], receive: "Receive", takes: Sequence[str], bytes_max: int) -> bytes:
    """Read the body: JSON, or a file of one of the media types that are taken.

    Raises:
        MediaTypeNotTaken, NotJson: it is something else.
        TooLarge: it has more than so many bytes.
        Malformed: it ended too early.
    """
    kind = headers.get(b"content-type", "").partition(";")[0].strip().lower()
    if takes and kind not in takes:
        raise MediaTypeNotTaken(taken=[Term(name, name) for name in takes])
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise wire.Malformed
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > bytes_max:
            raise TooLarge(bytes_max=bytes_max)
        chunks.append(chunk)
        more = message.get("more_body", False)
    if size and not takes and not kind.endswith(("/json", "+json")):
        raise NotJson
    return b"".join(chunks) if len(chunks) > 1 else chunks[0]
