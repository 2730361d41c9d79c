"""Hostile requests made from the OpenAPI document: what careless and malicious callers send, the same ones for a seed.

Each request carries a marker of its own in whatever it plants, so that an echo is found wherever it turns up.
"""

import base64
import json
import random
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

JSON_TYPE: Final = "application/json"
TOO_MUCH: Final = 600 * 1024
"""Bytes, more than any operation takes but the batch; of these many are sent in chunks, whose sum no header says."""

NO_ALGORITHM: Final = base64.urlsafe_b64encode(b'{"alg":"none"}').decode()


@dataclass
class Request:
    """A request as it goes over the wire; nothing is checked or corrected on the way."""

    what: str
    method: str
    path: str
    marker: str
    operation: str
    permission: str = ""
    query: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | None = None
    chunked: bool = False

    def wire(self, token: str) -> bytes:
        """Return the bytes to send."""
        given = {name.lower() for name, _ in self.headers}
        head = [("Host", "127.0.0.1"), *([] if "authorization" in given else [("Authorization", f"Bearer {token}")])]
        if self.body is not None:
            head += [] if "content-type" in given else [("Content-Type", JSON_TYPE)]
            head.append(("Transfer-Encoding", "chunked") if self.chunked else ("Content-Length", str(len(self.body))))
        lines = [f"{self.method} {self.path}{'?' if self.query else ''}{self.query} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in (*head, *self.headers)]
        body = self.body or b""
        if self.chunked:
            parts = [body[start : start + 16_384] for start in range(0, len(body), 16_384)]
            body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass") + body


class Attacker:
    """Makes requests of one document."""

    def __init__(self, document: Mapping[str, Any], ids: Mapping[str, list[str]], seed: int) -> None:
        """Take the document, real ids by the name of their parameter in paths or headers, and a seed."""
        self._random = random.Random(seed)
        self._seed, self._count, self._ids = seed, 0, ids
        self._operations = [
            (path, method.upper(), operation)
            for path, methods in sorted(document["paths"].items())
            for method, operation in sorted(methods.items())
        ]

    def requests(self, count: int) -> Iterator[Request]:
        """Yield so many requests, spread over every operation and every kind of attack."""
        for number in range(count):
            path, method, operation = self._operations[number % len(self._operations)]
            self._count = number
            marker = f"mk{self._seed:x}q{number:x}z"
            base = Request("", method, self._real(path), marker, operation["operationId"], operation.get("x-permission", ""))
            base.body = self._example(operation)
            base.headers = [(one["name"], self._ids[one["name"]][0]) for one in self._in_headers(operation)]
            if any(one["name"] == "Idempotency-Key" and one["required"] for one in operation.get("parameters", ())):
                base.headers.append(("Idempotency-Key", f"{marker}-{self._random.random()}"))
            attack = self._random.choice(
                BODY_ATTACKS if base.body is not None and self._random.random() < 0.7 else OTHER_ATTACKS
            )
            base.what = attack.__name__
            attack(self._random, base, operation)
            yield base

    def _real(self, path: str) -> str:
        parts = path.split("/")
        for number, part in enumerate(parts):
            if part.startswith("{"):
                known = self._ids.get(part[1:-1]) or ["0190c2f4-0000-7000-8000-000000000000"]
                parts[number] = self._random.choice(known)
        return "/".join(parts)

    def _in_headers(self, operation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return [one for one in operation.get("parameters", ()) if one["in"] == "header" and one["name"] in self._ids]

    @staticmethod
    def _example(operation: Mapping[str, Any]) -> bytes | None:
        content = operation.get("requestBody", {}).get("content", {})
        if JSON_TYPE in content:
            return json.dumps(content[JSON_TYPE]["example"], ensure_ascii=False).encode()
        return b"\x89PNG\r\n\x1a\n" if content else None


# --- values ------------------------------------------------------------------------------------------------------------------


def texts(marker: str) -> list[str]:
    """Return texts that are trouble somewhere."""
    return [
        marker,
        f"{marker}\x00",
        f"{marker}\ud800",
        f"{marker}\x1b[2J\r\nSet-Cookie: a=b",
        f"={marker}|'/c calc'!A0",
        f"@SUM({marker})",
        f"'; DROP TABLE incident; --{marker}",
        f"../../../etc/passwd{marker}",
        f"*.>.{marker}",
        f"gw.>{marker}",
        f"{{{{7*7}}}}{marker}${{jndi:ldap://{marker}}}",
        f"%s%n%x{marker}{{0.__class__}}",
        f"{marker}" * 5_000,
        f"<script>{marker}</script>",
        f"{marker}\u202e\u200b\ufeff\U0001f600",
        "13800138000" + marker,
        "\u0130" * 90 + marker,
        "",
        " " * 90,
    ]


def values(marker: str) -> list[Any]:
    """Return values of every kind and size."""
    return [
        *texts(marker),
        *(None, True, False, 0, -1, 1.5, -0.0, 1e308, 2**31, 2**53, 2**63, -(2**63) - 1, 2**64, 10**400),
        *([], {}, [[]], {marker: marker}, [marker] * 50, [None] * 1_001, {"$ne": marker}, {"type": marker}),
        *(float("nan"), float("inf"), float("-inf")),
    ]


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value of a body."""
    found = [path] if path else []
    if isinstance(content, dict):
        return found + [place for key in content for place in places(content[key], (*path, key))]
    if isinstance(content, list):
        return found + [place for index in range(min(len(content), 3)) for place in places(content[index], (*path, index))]
    return found


def changed(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a body with another value at a place."""
    whole = deepcopy(content)
    around = whole
    for key in path[:-1]:
        around = around[key]
    around[path[-1]] = value
    return whole


# --- attacks on bodies -------------------------------------------------------------------------------------------------------

Attack = Callable[[random.Random, Request, Mapping[str, Any]], None]


def _content(request: Request) -> Any:
    assert request.body is not None
    try:
        return json.loads(request.body)
    except ValueError:
        return {}


def _dumped(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=True).encode()


def wrong_value(lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Put trouble in the place of one value, or of several."""
    content = _content(request)
    for _ in range(lot.choice((1, 1, 1, 3))):
        if spots := places(content):
            content = changed(content, lot.choice(spots), lot.choice(values(request.marker)))
    request.body = _dumped(content)


def wrong_text(lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Put a troublesome text in the place of a text, so that types are right."""
    content = _content(request)
    spots = [place for place in places(content) if isinstance(_at(content, place), str)]
    if spots:
        content = changed(content, lot.choice(spots), lot.choice(texts(request.marker)))
    request.body = _dumped(content)


def _at(content: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        content = content[key]
    return content


def more_fields(lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Add fields that nobody knows."""
    names = ["id", "version", "state", "__proto__", "constructor", "roles", request.marker, f"{request.marker}\x00", ""]
    content = _content(request)
    if isinstance(content, dict):
        content |= {name: lot.choice(values(request.marker)) for name in lot.sample(names, 2)}
    request.body = _dumped(content)


def whole_body_is_else(lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Send something else altogether."""
    request.body = _dumped(lot.choice(values(request.marker)))


def no_json(lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Send what JSON parsers disagree about."""
    marker, body = request.marker.encode(), request.body or b"{}"
    request.body = lot.choice(
        [
            b'{"title": "' + marker,
            body + marker,
            body[:-1] + b", }",
            body[:-1] + b', "title": "' + marker + b'", "title": "x"}',
            body.replace(b'"', b"'"),
            b'{"title": NaN, "' + marker + b'": Infinity}',
            b'{"title": 1' + b"0" * 5_000 + b"}",
            b'{"title": -1e99999}',
            b'{"title": 0x10}',
            b'{"title": "\\ud800' + marker + b'"}',
            b'{"title": "\\u0000' + marker + b'"}',
            b'{"title": "' + marker + b'\x00"}',
            b'{"title": "\xff\xfe' + marker + b'"}',
            b'{"title": "\\x41' + marker + b'"}',
            b"/* " + marker + b" */ {}",
            b"\x00" * 1_000 + marker,
            b"\xef\xbb\xbf" + body,
            b"",
            b"   ",
        ]
    )


def deep(lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Nest deeply."""
    levels = lot.choice((50, 200, 5_000, 100_000))
    opening, closing = lot.choice([(b"[", b"]"), (b'{"a":', b"}")])
    inner = b'"' + request.marker.encode() + b'"'
    nested = opening * levels + inner + (closing * levels if lot.random() < 0.7 else b"")
    request.body = lot.choice([nested, b'{"title": ' + nested + b"}", b'{"boundary": {"coordinates": ' + nested + b"}}"])


def other_encoding(lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Say or use another encoding."""
    text = (request.body or b"{}").decode("utf-8", "replace").replace("}", f', "{request.marker}": "王"}}', 1)
    encoding = lot.choice(["utf-16", "utf-32-be", "gb18030", "utf-7", "cp1252", "utf-8-sig"])
    request.body = text.encode(encoding, "replace")
    request.headers.append(("Content-Type", lot.choice([JSON_TYPE, f"{JSON_TYPE}; charset={encoding}"])))


def other_type(lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Say another content type."""
    kinds = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "*/*", "json"]
    kinds += [
        f"application/{request.marker}",
        f"{JSON_TYPE}{'x' * 4_000}",
        f"application/problem+json;{request.marker}",
        "application/xml",
    ]
    request.headers.append(("Content-Type", lot.choice(kinds)))


def other_coding(lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Say that it is compressed."""
    request.headers.append(("Content-Encoding", lot.choice(["gzip", "deflate", "br", request.marker])))


def too_large(lot: random.Random, request: Request, operation: Mapping[str, Any]) -> None:
    """Send more than is taken, in one piece or in chunks."""
    size = TOO_MUCH if lot.random() < 0.9 or "batch" not in operation["operationId"] else 5 * 1024 * 1024
    filler = b'{"title": "' + request.marker.encode() * (size // len(request.marker)) + b'"}'
    request.body, request.chunked = filler, lot.random() < 0.7


def too_many(lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Make every list, or the body, longer than it may be."""
    content = _content(request)
    lists = [place for place in places(content) if isinstance(_at(content, place), list) and _at(content, place)]
    if lists:
        place = lot.choice(lists)
        content = changed(content, place, _at(content, place)[:1] * lot.choice((201, 1_001, 6_000)))
    elif isinstance(content, dict):
        content |= {f"{request.marker}{number}": number for number in range(3_000)}
    request.body = _dumped(content)


# --- attacks on everything else ----------------------------------------------------------------------------------------------


def path(lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Put trouble into the path."""
    parts = request.path.split("/")
    trouble = [quote(text, safe="", errors="replace") for text in texts(request.marker) if text and len(text) < 2_000]
    trouble += [
        "..",
        "%2e%2e%2f%2e%2e",
        "%00",
        "%ff%fe",
        "%",
        "%zz",
        ";",
        f"{{{request.marker}}}",
        f"urn:uuid:{request.marker}",
    ]
    trouble += ["00000000-0000-0000-0000-000000000000", "١" * 32, "-1", "0190c2f4000070008000000000000000", "a" * 5_000]
    spot = lot.randrange(2, len(parts))
    parts[spot] = lot.choice(trouble)
    request.path = "/".join(parts)


def query(lot: random.Random, request: Request, operation: Mapping[str, Any]) -> None:
    """Put trouble into the query."""
    known = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"] or ["limit"]
    name, marker = lot.choice(known), request.marker
    cursors = [
        [marker, marker],
        [{}],
        ["2026-07-06T08:30:00Z", "x"],
        ["9999-99-99", marker],
        [1e400],
        "x",
        [[]] * 50,
        ["-infinity", marker],
    ]
    cursor = base64.urlsafe_b64encode(json.dumps(lot.choice(cursors)).encode()).decode().rstrip("=")
    request.query = lot.choice(
        [
            *(f"{name}={quote(text, safe='', errors='replace')}" for text in lot.sample(texts(marker)[:12], 3)),
            f"{marker}=1",
            f"{name}=1&{name}={marker}",
            f"{name}=%00",
            f"{name}=%ff",
            f"{name}[]={marker}",
            f"{name}",
            f"{name}={'9' * 5_000}",
            "limit=0",
            "limit=201",
            "limit=-1",
            "limit=1e3",
            "limit=٣",
            "limit=99999999999999999999999",
            f"cursor={cursor}",
            f"cursor={cursor}",
            f"cursor={marker}",
            "&".join(f"a{number}={marker}" for number in range(60)),
            "&" * 3_000,
            f"%{marker}",
        ]
    )


def header(lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Put trouble into a header."""
    marker = request.marker
    request.headers.append(
        lot.choice(
            [
                ("Idempotency-Key", f"{marker} {marker}"),
                ("Idempotency-Key", "k" * 300 + marker),
                ("Idempotency-Key", ""),
                ("Idempotency-Key", f"{marker}王"),
                ("If-Match", marker),
                ("If-Match", f'W/"{marker}"'),
                ("If-Match", '"99999999999999"'),
                ("If-Match", "*"),
                ("If-Match", '"-1"'),
                ("X-Request-Id", f"{marker}\x0b"),
                ("X-Request-Id", f"*.>{marker}"),
                ("X-Request-Id", "r" * 4_000 + marker),
                ("Accept", f"text/csv;q=1;{marker}"),
                ("Accept", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                ("Accept", f"{marker};q=-1, application/geo+json;q=1e400"),
                ("Accept-Language", f"{marker};q=x,en;q=1e400,zh;q=-1"),
                ("Accept-Language", ",".join(f"x{number}-{marker}" for number in range(300))),
                ("Authorization", f"Bearer {marker}"),
                ("Authorization", "Bearer " + "a." * 2_000 + marker),
                ("Authorization", f"Basic {marker}"),
                ("Authorization", ""),
                ("Authorization", f"Bearer {NO_ALGORITHM}.{marker}."),
                ("traceparent", f"00-{marker}-{marker}-01"),
                ("X-Forwarded-For", f"{marker}, 127.0.0.1"),
                ("Host", f"{marker}.example"),
                ("Range", f"bytes=0-{marker}"),
                ("Expect", marker),
                ("X-HTTP-Method-Override", "DELETE"),
                (f"X-{marker}", "王" * 500),
            ]
        )
    )


def other_method(lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Ask with another method."""
    request.method = lot.choice(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", request.marker.upper()])


def body_where_none_is(lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Send a body that nobody asked for."""
    request.body = _dumped(lot.choice(values(request.marker)))


def none_where_a_body_is(_lot: random.Random, request: Request, _operation: Mapping[str, Any]) -> None:
    """Send no body."""
    request.body = None


BODY_ATTACKS: Final[list[Attack]] = [
    *(wrong_value, wrong_value, wrong_value, wrong_text, wrong_text, more_fields, whole_body_is_else, no_json, no_json),
    *(deep, other_encoding, other_type, other_coding, too_large, too_many, none_where_a_body_is),
]
OTHER_ATTACKS: Final[list[Attack]] = [path, query, header, other_method, body_where_none_is]
