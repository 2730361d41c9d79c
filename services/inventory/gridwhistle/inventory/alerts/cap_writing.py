"""Writes CAP 1.2: `write_cap(alert)`."""

import datetime as dt
from xml.sax.saxutils import escape

from gridwhistle.common.calendars import LOCAL
from gridwhistle.inventory.alerts.cap import Alert, Info
from gridwhistle.inventory.alerts.cap_rules import NAMESPACE


def write_cap(alert: Alert) -> str:
    """Return the message as XML, in UTF-8 when it is encoded."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<alert xmlns="{NAMESPACE}">',
        _line("identifier", alert.identifier),
        _line("sender", alert.sender),
        _line("sent", _said(alert.sent_at)),
        _line("status", alert.status),
        _line("msgType", alert.kind),
        _line("scope", alert.scope),
    ]
    if alert.references:
        listed = (f"{one.sender},{one.identifier},{_said(one.sent_at)}" for one in alert.references)
        lines.append(_line("references", " ".join(listed)))
    for info in alert.infos:
        lines += _info_lines(info)
    return "\n".join([*lines, "</alert>", ""])


def _info_lines(info: Info) -> list[str]:
    moments = {"effective": info.effective_at, "onset": info.onset_at, "expires": info.expires_at}
    texts = {
        "senderName": info.sender_name,
        "headline": info.headline,
        "description": info.description,
        "instruction": info.instruction,
    }
    lines = [
        "<info>",
        _line("language", info.language),
        *(_line("category", category) for category in info.categories),
        _line("event", info.event),
        *(_line("responseType", response) for response in info.response_types),
        _line("urgency", info.urgency),
        _line("severity", info.severity),
        _line("certainty", info.certainty),
        *(_pair("eventCode", code) for code in info.event_codes),
        *(_line(name, _said(moment)) for name, moment in moments.items() if moment),
        *(_line(name, said) for name, said in texts.items() if said),
    ]
    for area in info.areas:
        lines += ["<area>", _line("areaDesc", area.name)]
        lines += [_line("polygon", " ".join(f"{lat},{lon}" for lon, lat in ring)) for ring in area.polygons]
        lines += [_line("circle", f"{lat},{lon} {radius_km}") for (lon, lat), radius_km in area.circles]
        lines += [*(_pair("geocode", code) for code in area.geocodes), "</area>"]
    return [*lines, "</info>"]


def _line(name: str, said: str) -> str:
    return f"<{name}>{escape(said)}</{name}>"


def _pair(name: str, pair: tuple[str, str]) -> str:
    return f"<{name}>{_line('valueName', pair[0])}{_line('value', pair[1])}</{name}>"


def _said(moment: dt.datetime) -> str:
    return moment.astimezone(LOCAL).isoformat(timespec="seconds")
