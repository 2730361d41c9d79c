"""Reads CAP 1.2 with nothing resolved and everything bounded: `read_cap(content)`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from gridwhistle.common.problems import Term
from gridwhistle.inventory.alerts.cap import Alert, Area, Info, Point, Reference
from gridwhistle.inventory.alerts.cap_refusals import (
    NotCap,
    NotThisCap,
    ReferencesUnclear,
    XmlNotUtf8,
    XmlTooDeep,
    XmlUnreadable,
    XmlUnsafe,
)
from gridwhistle.inventory.alerts.cap_rules import ELEMENTS, NAMESPACE, SIGNATURE, moment_of

_DEPTH_MAX: Final = 12  # an alert has five, a signature beside it some more
_ELEMENTS_MAX: Final = 10_000
_REFERENCE: Final = re.compile(r"[^\s,<&]{1,200},[^\s,<&]{1,200},[^\s,<&]{25}")
_FOLLOWS: Final = frozenset({"Update", "Cancel", "Ack", "Error"})
_POINTS_MIN: Final = 4
_LAT_MAX, _LON_MAX = 90.0, 180.0
_SCHEMA_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
MISPLACED: Final = Term("不应出现在此处,或出现次数过多", "is not expected there, or is there too often")
MISSING: Final = Term("缺少必需的子元素", "lacks a child that is required")
MALFORMED: Final = Term("的内容不符合格式", "does not have its form")
ATTRIBUTES: Final = Term("不应有属性", "has attributes, and should have none")
LOOSE_TEXT: Final = Term("的子元素之间不应有文字", "has text between its children")
OFF_THE_MAP: Final = Term("的坐标无效:多边形须闭合且至少四点,纬度在前", "is no place; a ring has four points, latitude first")


def read_cap(content: bytes) -> Alert:
    """Return the message that the bytes are.

    Raises:
        XmlNotUtf8, XmlUnreadable, XmlUnsafe, XmlTooDeep: it is no XML that anybody should read.
        NotThisCap: it is another document, or of another version.
        NotCap: it breaks a rule of CAP 1.2; the problem says which, where.
        ReferencesUnclear: it follows others and does not say which.
    """
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise XmlNotUtf8 from None
    return _alert(_Reading().of(content))


@dataclass(slots=True)
class _Element:
    """An element while it is read: its name, where among the allowed children we are, and what it holds."""

    name: str
    line: int
    has_children: bool
    place: int = 0
    times: int = 0
    text: list[str] = field(default_factory=list)
    children: dict[str, list[Any]] = field(default_factory=dict)


class _Reading:
    """Reads one document from its start to its end; a fault ends it at once, so that nothing costs more than its bytes."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.XmlDeclHandler = self._declared
        self._parser.StartDoctypeDeclHandler = _unsafe
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._open: list[_Element] = []
        self._skipped = self._elements = 0
        self._root: dict[str, list[Any]] = {}

    def of(self, content: bytes) -> dict[str, list[Any]]:
        """Return the root's children by name."""
        try:
            self._parser.Parse(content, True)  # noqa: FBT003  the parser's own way to say that this is all
        except expat.ExpatError as error:
            raise XmlUnreadable(line=error.lineno) from None
        return self._root

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.lower() not in {"utf-8", "utf8", "us-ascii"}:
            raise XmlNotUtf8

    def _begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        namespace, _, name = tag.rpartition(" ")
        if self._elements > _ELEMENTS_MAX or len(self._open) + self._skipped >= _DEPTH_MAX:
            raise XmlTooDeep
        line = self._parser.CurrentLineNumber
        if self._skipped or (namespace == SIGNATURE and len(self._open) == 1):
            self._skipped += 1
            return
        if not self._open:
            if (namespace, name) != (NAMESPACE, "alert"):
                raise NotThisCap
        elif namespace != NAMESPACE:
            raise NotCap(at=self._where(), line=line, why=MISPLACED)
        else:
            self._take_place(self._open[-1], name, line)
        if any(not attribute.startswith(f"{_SCHEMA_INSTANCE} ") for attribute in attributes):
            raise NotCap(at=self._where(name), line=line, why=ATTRIBUTES)
        self._open.append(_Element(name, line, name in ELEMENTS))

    def _take_place(self, parent: _Element, name: str, line: int) -> None:
        """Find the child's place in its parent's order, behind that of the child before it."""
        parts = ELEMENTS.get(parent.name, {})
        order = list(parts)
        if name not in parts or order.index(name) < parent.place:
            raise NotCap(at=self._where(), line=line, why=MISPLACED)
        place = order.index(name)
        parent.times = parent.times + 1 if place == parent.place else 1
        parent.place = place
        if parent.times > parts[name].most:
            raise NotCap(at=self._where(name), line=line, why=MISPLACED)

    def _text(self, text: str) -> None:
        if self._skipped:
            return
        element = self._open[-1]
        if not element.has_children:
            element.text.append(text)
        elif text.strip(" \t\r\n"):
            raise NotCap(at=self._where(), line=self._parser.CurrentLineNumber, why=LOOSE_TEXT)

    def _end(self, _tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        element = self._open[-1]
        if element.has_children:
            parts = ELEMENTS[element.name]
            if any(part.least > len(element.children.get(name, ())) for name, part in parts.items()):
                raise NotCap(at=self._where(), line=element.line, why=MISSING)
            value: Any = element.children
        else:
            value = "".join(element.text)
            form = ELEMENTS[self._open[-2].name][element.name].form
            if form and not form(value):
                raise NotCap(at=self._where(), line=element.line, why=MALFORMED)
        self._open.pop()
        if self._open:
            self._open[-1].children.setdefault(element.name, []).append(value)
        else:
            self._root = element.children

    def _where(self, name: str = "") -> str:
        """Return the path of names that are all our own table's."""
        names = [element.name for element in self._open]
        return "/".join([*names, name] if name else names)


def _unsafe(*_what: Any) -> None:
    raise XmlUnsafe


def _alert(root: Mapping[str, list[Any]]) -> Alert:
    kind, said = root["msgType"][0], root.get("references", [""])[0]
    sent_at = moment_of(root["sent"][0])
    assert sent_at is not None, "its form was looked at"
    return Alert(
        identifier=root["identifier"][0].strip(),
        sender=root["sender"][0].strip(),
        sent_at=sent_at,
        status=root["status"][0],
        kind=kind,
        scope=root["scope"][0],
        references=tuple(_references(said, needed=kind in _FOLLOWS)),
        infos=tuple(map(_info, root.get("info", ()))),
    )


def _references(said: str, *, needed: bool) -> Iterable[Reference]:
    parts = said.split()
    if needed and not parts:
        raise ReferencesUnclear
    for part in parts:
        sent_at = moment_of(part.rpartition(",")[2]) if _REFERENCE.fullmatch(part) else None
        if sent_at is None:
            raise ReferencesUnclear
        sender, identifier, _ = part.split(",")
        yield Reference(sender, identifier, sent_at)


def _info(info: Mapping[str, list[Any]]) -> Info:
    def first(name: str) -> str:
        return str(info.get(name, [""])[0]).strip()

    return Info(
        language=first("language") or "en-US",
        categories=tuple(info["category"]),
        event=first("event"),
        urgency=first("urgency"),
        severity=first("severity"),
        certainty=first("certainty"),
        event_codes=_named(info.get("eventCode", ())),
        response_types=tuple(info.get("responseType", ())),
        effective_at=moment_of(first("effective")),
        onset_at=moment_of(first("onset")),
        expires_at=moment_of(first("expires")),
        sender_name=first("senderName"),
        headline=first("headline"),
        description=first("description"),
        instruction=first("instruction"),
        areas=tuple(map(_area, info.get("area", ()))),
    )


def _named(pairs: Iterable[Mapping[str, list[str]]]) -> Sequence[tuple[str, str]]:
    return tuple((pair["valueName"][0].strip(), pair["value"][0].strip()) for pair in pairs)


def _area(area: Mapping[str, list[Any]]) -> Area:
    return Area(
        name=area["areaDesc"][0].strip(),
        polygons=tuple(_ring(said) for said in area.get("polygon", ()) if said.strip()),
        circles=tuple(_circle(said) for said in area.get("circle", ()) if said.strip()),
        geocodes=_named(area.get("geocode", ())),
    )


def _ring(said: str) -> Sequence[Point]:
    points = [_point(pair) for pair in said.split()]
    if len(points) < _POINTS_MIN or points[0] != points[-1]:
        raise NotCap(at="alert/info/area/polygon", line=0, why=OFF_THE_MAP)
    return points


def _circle(said: str) -> tuple[Point, float]:
    middle, _, radius = said.strip().partition(" ")
    try:
        radius_km = float(radius)
    except ValueError:
        radius_km = -1.0
    if not 0 <= radius_km <= 20_100:  # noqa: PLR2004  half around the world
        raise NotCap(at="alert/info/area/circle", line=0, why=OFF_THE_MAP)
    return _point(middle), radius_km


def _point(pair: str) -> Point:
    lat, _, lon = pair.partition(",")
    try:
        point = float(lon), float(lat)
    except ValueError:
        point = 999.0, 999.0
    if not (abs(point[0]) <= _LON_MAX and abs(point[1]) <= _LAT_MAX):
        raise NotCap(at="alert/info/area", line=0, why=OFF_THE_MAP)
    return point
