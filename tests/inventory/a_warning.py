"""Warnings as tests need them: typed in, and as CAP messages."""

import datetime as dt
import random
from typing import Any, Final

from gridwhistle.common.calendars import LOCAL

BASE: Final = "/inventory/v1"
COUNTY: Final = "990401"
SENDER: Final = "990401.qx.example"


def a_warning_id(county: str = COUNTY) -> str:
    """Return an id as an authority gives it, another one each time."""
    moment = dt.datetime(2026, 1, 1) + dt.timedelta(seconds=random.randrange(86_400 * 200))  # noqa: DTZ001  Beijing's
    return f"{county}00000000_{moment:%Y%m%d%H%M%S}_{random.randrange(10)}"


def said(after: dt.timedelta = dt.timedelta(0)) -> str:
    """Return a moment as CAP writes it."""
    return (dt.datetime.now(LOCAL) + after).isoformat(timespec="seconds")


def typed(county: str = COUNTY, **more: Any) -> dict[str, Any]:
    """Return a red rain warning as a duty officer types it in."""
    return {
        "warning_id": a_warning_id(county),
        "issuing_authority": f"{county}.qx.example",
        "authority_name": "示例县气象台",
        "sent_at": said(-dt.timedelta(minutes=1)),
        "colour": "red",
        "event": "暴雨",
        "event_code": "11B03",
        "areas": [f"{county}000000"],
        "headline": "示例县气象台发布暴雨红色预警信号",
        "description": "预计未来3小时降雨量将达100毫米以上。",
        "instruction": "低洼地带人员立即转移。",
        "expires_at": said(dt.timedelta(hours=6)),
        **more,
    }


def cap_message(county: str = COUNTY, **changes: str) -> bytes:
    """Return a CAP message: a red rain warning, but for what is said."""
    parts = {
        "identifier": a_warning_id(county),
        "sender": f"{county}.qx.example",
        "sent": said(-dt.timedelta(minutes=1)),
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Public",
        "references": "",
        "severity": "Extreme",
        "geocode": f"{county}001000",
        "geocode_name": "GB/T 10114",
        "expires": said(dt.timedelta(hours=6)),
        "info": "",
        **changes,
    }
    references = f"<references>{parts['references']}</references>" if parts["references"] else ""
    info = f"""<info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Immediate</urgency>
<severity>{parts["severity"]}</severity><certainty>Likely</certainty>
<eventCode><valueName>GB/T 35561</valueName><value>11B03</value></eventCode>
<effective>{parts["sent"]}</effective><expires>{parts["expires"]}</expires>
<headline>示例县气象台发布暴雨红色预警信号</headline><instruction>低洼地带人员立即转移。</instruction>
<area><areaDesc>城关镇</areaDesc><polygon>30.2,120.1 30.2,120.2 30.3,120.2 30.2,120.1</polygon>
<geocode><valueName>{parts["geocode_name"]}</valueName><value>{parts["geocode"]}</value></geocode></area></info>"""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{parts["identifier"]}</identifier>
<sender>{parts["sender"]}</sender><sent>{parts["sent"]}</sent><status>{parts["status"]}</status>
<msgType>{parts["msgType"]}</msgType><scope>{parts["scope"]}</scope>{references}{parts["info"] or info}</alert>""".encode()
