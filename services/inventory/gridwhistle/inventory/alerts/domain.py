"""Warnings (预警): what the authority says, relayed as it is, until it is lifted or its time is over."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, get_args

from gridwhistle.common.events.inventory_alerts import AREAS_MAX, AuthorityLevel, Colour
from gridwhistle.common.ids import area_code_of, prefix_of
from gridwhistle.common.machine import Machine, Step
from gridwhistle.common.presets import Preset
from gridwhistle.common.problems import Conflict, Forbidden, Invalid, Term

Status = Literal["actual", "exercise", "test"]
EXPIRES: Final = "inventory.warning_expires"
RELAY: Final = "inventory.warning_relay"
PRESETS: Final = (
    Preset(EXPIRES, 24, "urgent_hour", "INF", "Of a warning that does not say when it is over; others have their own time."),
    Preset(RELAY, 5, "minutes", "INF", "From the authority's publication to those who subscribe; what takes longer is late."),
)
FEED: Final = frozenset({"county_duty", "emergency_commander", "integrator"})
"""Who relays: the county's duty officer, the commander, or the application that brings the official feed."""
SYSTEM: Final = frozenset({"auto"})

WARNING: Final = Machine(
    Term("预警", "warning"),
    (
        #    from       action    to           who     why
        Step(None,      "relay",  "relayed",   FEED,   "an authority has issued it: it goes out within minutes, unchanged"),
        Step("relayed", "update", "relayed",   FEED,   "the same authority says something else now"),
        Step("relayed", "cancel", "cancelled", FEED,   "the same authority lifts it"),
        Step("relayed", "expire", "expired",   SYSTEM, "the time it was issued for is over"),
    ),
    zh={
        "relayed": "已转发", "cancelled": "已解除", "expired": "已过期",
        "relay": "转发", "update": "更新", "cancel": "解除", "expire": "到期",
    },
    clocks={"relayed": [EXPIRES]},
    auto={EXPIRES: "expire"},
)  # fmt: skip
ENDED: Final = ("cancelled", "expired")
COLOURS: Final[Mapping[str, Colour]] = {"Extreme": "red", "Severe": "orange", "Moderate": "yellow", "Minor": "blue"}
"""Of the severities of CAP; a warning of unknown severity has no colour, and is not relayed."""
SEVERITIES: Final = {colour: severity for severity, colour in COLOURS.items()}
STATUSES: Final[Mapping[str, Status]] = {"Actual": "actual", "Exercise": "exercise", "Test": "test", "System": "test"}
WARNING_ID: Final = r"^[0-9]{14}_[0-9]{14}_[0-9]$"
"""`ZZZZZZDDDUUUXX_YYYYMMDDhhmmss_N`: county 6, industry 3, internal 3, extension 2, Beijing time, and a digit; 31 characters."""
_ID: Final = re.compile(WARNING_ID, re.ASCII)
_CODE: Final = re.compile(r"[0-9]{6}([0-9]{3}){0,2}", re.ASCII)
_CODE_NAMES: Final = re.compile(r"GB/?T ?(2260|10114)|CN_GEOCODE|area_?code|statistics_code", re.IGNORECASE)
_EVENT_CODE: Final = re.compile(r"[0-9A-Z]{3,10}", re.ASCII)
EVENT_UNKNOWN: Final = "other"


class WarningIdUnclear(Invalid):
    """A warning is known by the number that its authority gave it."""

    code = "warning_id_unclear"
    zh = "预警标识须为发布单位所编的 31 位标识:行政区划6位、行业3位、内部3位、扩展2位,下划线,北京时间14位,下划线,序号1位。"
    en = "A warning has the 31 characters that its authority gave it: ZZZZZZDDDUUUXX_YYYYMMDDhhmmss_N, in Beijing time."


class IssuerMissing(Invalid):
    """The county issues by law; nobody else's words are relayed as a warning."""

    code = "issuer_missing"
    zh, en = (
        "预警须注明发布单位;本系统只转发有权单位发布的预警。",
        "Say which authority issued it: only what one issued is relayed.",
    )


class ColourUnclear(Invalid):
    """A warning has one of four colours."""

    code = "colour_unclear"
    zh, en = "须注明预警级别:红、橙、黄、蓝。", "Say how severe it is: red, orange, yellow or blue."


class WarningAreaUnclear(Invalid):
    """A warning says by codes where it holds."""

    code = "warning_area_unclear"
    zh = "须以行政区划代码(6、9 或 12 位)注明影响范围;CAP 消息写在 geocode 中。"
    en = "Say by area codes (6, 9 or 12 digits) where it holds; a CAP message does in a geocode."


class SeveralCounties(Invalid):
    """A warning is relayed for one county at a time."""

    code = "several_counties"
    zh, en = "预警须分县转发。", "Relay it for one county at a time."


class NotPublic(Invalid):
    """What is for a few is not relayed to all; a draft is none."""

    code = "warning_not_public"
    zh, en = (
        "只转发公开发布的预警,草稿及定向消息不予转发。",
        "Only what is published for all is relayed: no drafts, nothing restricted.",
    )


class NothingTold(Invalid):
    """An alert without information says nothing."""

    code = "nothing_told"
    zh, en = "预警没有任何内容(缺少 info)。", "The alert says nothing: it has no info."


class TimeIsOver(Conflict):
    """Nobody is warned of what is over."""

    code = "warning_is_over"
    zh, en = "该预警的有效期已过。", "The time for which it was issued is over."


class SentInTheFuture(Invalid):
    """What is not issued yet is not relayed."""

    code = "warning_sent_in_the_future"
    zh, en = "发布时间晚于现在。", "It says that it will be sent later than now."


class AlreadyRelayed(Conflict):
    """A message is relayed once."""

    code = "already_relayed"
    zh, en = "该消息已转发。", "This message was relayed already."


class UnknownWarning(Conflict):
    """An update follows a warning that is in force here."""

    code = "unknown_warning"
    zh, en = "references 所指的预警未在本系统转发,或已结束。", "What it refers to was not relayed here, or is over."


class AnotherSource(Forbidden):
    """Who issued a warning changes and lifts it."""

    code = "another_source"
    zh, en = "只有原发布单位可以更新或解除该预警。", "Only the authority that issued it changes or lifts it."


class SaidSince(Conflict):
    """What comes late does not take the place of what was said after it."""

    code = "said_since"
    zh, en = (
        "该消息的发布时间早于本预警当前内容,发布单位此后已另有发布;未作更改。",
        "The authority has said something newer of this warning since it sent that; nothing was changed.",
    )


class NoWarning(Invalid):
    """A receipt is not relayed."""

    code = "not_a_warning"
    zh, en = "回执(Ack)与错误通知(Error)不作为预警转发。", "Receipts and error notices are no warnings."


def check_id(warning_id: str) -> str:
    """Return the id of a warning.

    Raises:
        WarningIdUnclear: it has not the form of one, or no such moment ever was.
    """
    if not _ID.fullmatch(warning_id):
        raise WarningIdUnclear
    try:
        dt.datetime.strptime(warning_id[15:29], "%Y%m%d%H%M%S")  # noqa: DTZ007  only whether there is such a moment
    except ValueError:
        raise WarningIdUnclear from None
    return warning_id


def level_of(warning_id: str) -> AuthorityLevel:
    """Return of which level the authority is, by the code of its place with which the id begins."""
    for digits, level in ((0, "national"), (2, "province"), (4, "city")):
        if warning_id[digits:6] == "0" * (6 - digits):
            return level  # type: ignore[return-value]
    return "county"


def areas_of(codes: Iterable[str], reach: Iterable[str]) -> list[str]:
    """Return where a warning holds as far as somebody's jurisdiction goes: codes of 12 digits, in one county.

    A code that is wider than the jurisdiction (a city's, a province's) holds in all of it.

    Raises:
        WarningAreaUnclear: no code says where, or none lies there.
        SeveralCounties: they lie in several.
    """
    found: set[str] = set()
    for code in codes:
        if not _CODE.fullmatch(code):
            continue
        digits = _significant(code)
        for prefix in reach:
            if digits.startswith(prefix):
                found.add(area_code_of(digits))
            elif prefix.startswith(digits):
                found.add(area_code_of(prefix))
    if not found:
        raise WarningAreaUnclear
    counties = {code[:6] for code in found}
    if len(counties) > 1:
        raise SeveralCounties
    return sorted(found) if len(found) <= AREAS_MAX else [area_code_of(counties.pop())]


def named_areas(geocodes: Iterable[tuple[str, str]]) -> list[str]:
    """Return the codes of places among the geocodes of a CAP message."""
    return [value for name, value in geocodes if _CODE_NAMES.fullmatch(name)]


def event_code_of(codes: Sequence[tuple[str, str]]) -> str:
    """Return the code of what it warns of (GB/T 35561) among the event codes of a CAP message."""
    return next((value for _, value in codes if _EVENT_CODE.fullmatch(value)), EVENT_UNKNOWN)


def _significant(code: str) -> str:
    code = prefix_of(code)
    while 2 < len(code) <= 6 and code.endswith("00"):  # noqa: PLR2004  a province's digits, and a county's
        code = code[:-2]
    return code


assert set(get_args(Colour)) == set(COLOURS.values())
