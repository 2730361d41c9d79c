"""What a CAP 1.2 message may hold, as a table: each part, how often, and of which form.

The table says what the OASIS schema says (Common Alerting Protocol 1.2, 2010), in our own words and bounds: ADR 21.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
SIGNATURE: Final = "http://www.w3.org/2000/09/xmldsig#"
MANY: Final = 100
"""Of parts that may be there more than once; the schema has no bound."""
_MOMENT: Final = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})([-+])(\d{2}):(\d{2})", re.ASCII)
_FURTHEST_H: Final = 14
_LANGUAGE: Final = re.compile(
    r"([a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*)?"
)  # the schema has a default, which stands for an empty one
_WHOLE: Final = re.compile(r"[+-]?\d+", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
Form = Callable[[str], bool]


class Part(NamedTuple):
    """One kind of child of an element: how often it is there, and what its text is, if it has no children."""

    least: int
    most: int
    form: Form | None = None


def one_of(*words: str) -> Form:
    """Return the form of an element that says one of a few words, with nothing around it."""
    known = frozenset(words)
    return lambda text: text in known


def text(_text: str) -> bool:
    """Take any text."""
    return True


def moment_of(said: str) -> dt.datetime | None:
    """Return a moment with its offset, or None: CAP knows no `Z`."""
    found = _MOMENT.fullmatch(said.strip())
    if found is None:
        return None
    if int(found[3]) * 60 + int(found[4]) > _FURTHEST_H * 60:
        return None
    try:
        return dt.datetime.fromisoformat(found[0])
    except ValueError:
        return None


def _moment(said: str) -> bool:
    return moment_of(said) is not None


def _matching(form: re.Pattern[str]) -> Form:
    return lambda said: form.fullmatch(said.strip()) is not None


_NAMED: Final = {"valueName": Part(1, 1, text), "value": Part(1, 1, text)}
_INFO: Final = "info"
ELEMENTS: Final[Mapping[str, Mapping[str, Part]]] = {
    "alert": {
        "identifier": Part(1, 1, text),
        "sender": Part(1, 1, text),
        "sent": Part(1, 1, _moment),
        "status": Part(1, 1, one_of("Actual", "Exercise", "System", "Test", "Draft")),
        "msgType": Part(1, 1, one_of("Alert", "Update", "Cancel", "Ack", "Error")),
        "source": Part(0, 1, text),
        "scope": Part(1, 1, one_of("Public", "Restricted", "Private")),
        "restriction": Part(0, 1, text),
        "addresses": Part(0, 1, text),
        "code": Part(0, MANY, text),
        "note": Part(0, 1, text),
        "references": Part(0, 1, text),
        "incidents": Part(0, 1, text),
        _INFO: Part(0, 20),
    },
    _INFO: {
        "language": Part(0, 1, _matching(_LANGUAGE)),
        "category": Part(
            1,
            MANY,
            one_of(
                *("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other")
            ),
        ),
        "event": Part(1, 1, text),
        "responseType": Part(
            0,
            MANY,
            one_of("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"),
        ),
        "urgency": Part(1, 1, one_of("Immediate", "Expected", "Future", "Past", "Unknown")),
        "severity": Part(1, 1, one_of("Extreme", "Severe", "Moderate", "Minor", "Unknown")),
        "certainty": Part(1, 1, one_of("Observed", "Likely", "Possible", "Unlikely", "Unknown")),
        "audience": Part(0, 1, text),
        "eventCode": Part(0, MANY),
        "effective": Part(0, 1, _moment),
        "onset": Part(0, 1, _moment),
        "expires": Part(0, 1, _moment),
        "senderName": Part(0, 1, text),
        "headline": Part(0, 1, text),
        "description": Part(0, 1, text),
        "instruction": Part(0, 1, text),
        "web": Part(0, 1, text),
        "contact": Part(0, 1, text),
        "parameter": Part(0, MANY),
        "resource": Part(0, MANY),
        "area": Part(0, MANY),
    },
    "eventCode": _NAMED,
    "parameter": _NAMED,
    "geocode": _NAMED,
    "resource": {
        "resourceDesc": Part(1, 1, text),
        "mimeType": Part(1, 1, text),
        "size": Part(0, 1, _matching(_WHOLE)),
        "uri": Part(0, 1, text),
        "derefUri": Part(0, 1, text),
        "digest": Part(0, 1, text),
    },
    "area": {
        "areaDesc": Part(1, 1, text),
        "polygon": Part(0, MANY, text),
        "circle": Part(0, MANY, text),
        "geocode": Part(0, 1_000),
        "altitude": Part(0, 1, _matching(_DECIMAL)),
        "ceiling": Part(0, 1, _matching(_DECIMAL)),
    },
}
"""The children of each element that has some, in their order."""
