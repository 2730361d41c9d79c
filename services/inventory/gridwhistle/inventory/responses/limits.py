"""How long each stage of a response may take, which numbers trigger which level, and what a kit holds: rules of the county."""

from typing import Final

from gridwhistle.common.presets import Preset

DECIDE: Final = "inventory.response_decide"
PHONE: Final = "inventory.report_phone"
WRITTEN: Final = "inventory.report_written"
EXPECTED_END: Final = "inventory.response_expected_end"
REVIEW: Final = "inventory.response_review"
PURGE: Final = "inventory.session_purge"
REPORT_FIRST: Final = "inventory.report_first"
REPORT_DAILY: Final = "inventory.report_daily"
REPORT_FINAL: Final = "inventory.report_final"
FIRST_COUNTY: Final = "inventory.report_first_county"
FINAL_COUNTY: Final = "inventory.report_final_county"
DAILY_HOUR: Final = "inventory.report_daily_hour"
DAILY_HOUR_COUNTY: Final = "inventory.report_daily_hour_county"
SKIPS_LEVEL: Final = "inventory.report_skips_level"
_A_COUNTY: Final = "P 某自治县救灾应急预案 fsou 17315927"
_PENGSHUI: Final = "P 彭水县 2024 psx.gov.cn"
_REPORTS: Final = "P 县级救灾应急预案 fsou 17313908; 民函〔2008〕119号"
_NUMBERS: Final = {
    "iv": ((1, 300, 30, 100), _A_COUNTY),
    "iii": ((3, 1_000, 150, 500), _A_COUNTY),
    "ii": ((6, 2_500, 500, 1_000), f"INF, above III; {_PENGSHUI} has dead 5-9, relocated 1,200-1,999, houses 500-999"),
    "i": ((10, 5_000, 1_000, 2_000), "INF, twice II"),
}
"""From how many on: dead or missing, relocated, houses that collapsed, houses damaged."""
_NAMES: Final = ("dead_or_missing", "relocated", "houses_collapsed", "houses_damaged")
TRIGGERS: Final = {(level, name): f"inventory.trigger_{level}_{name}" for level in _NUMBERS for name in _NAMES}
"""The rules that say from how many on a level is triggered."""
PRESETS: Final = (
    Preset(DECIDE, 30, "urgent_minute", "INF"),
    Preset(PHONE, 20, "urgent_minute", "P 县政府办通知 2018"),
    Preset(WRITTEN, 40, "urgent_minute", "P 县政府办通知 2018"),
    Preset(EXPECTED_END, 7, "natural_day", "INF", "Each response has its own: whoever let it begin says until when."),
    Preset(REVIEW, 30, "natural_day", "INF"),
    Preset(PURGE, 30, "natural_day", "L 突发事件应对法 83-85; INF for the days", "After the lift, in every service."),
    Preset(REPORT_FIRST, 1, "urgent_hour", _REPORTS, "Of a township."),
    Preset(FIRST_COUNTY, 2, "urgent_hour", _REPORTS),
    Preset(REPORT_DAILY, 24, "urgent_hour", _REPORTS, "Until the hour of the next day that the rules below name."),
    Preset(DAILY_HOUR, 8, "oclock", _REPORTS, "Of a township: data to 24:00 of the day before; zero is reported too."),
    Preset(DAILY_HOUR_COUNTY, 9, "oclock", _REPORTS),
    Preset(REPORT_FINAL, 2, "work_day_legal", _REPORTS, "Of a township, after the lift."),
    Preset(FINAL_COUNTY, 3, "work_day_legal", _REPORTS),
    Preset(SKIPS_LEVEL, 10, "people", _REPORTS, "Dead and missing: from so many on it is reported past a level as well."),
    *(
        Preset(TRIGGERS[level, name], number, "houses" if "houses" in name else "people", source)
        for level, (numbers, source) in _NUMBERS.items()
        for name, number in zip(_NAMES, numbers, strict=True)
    ),
)
"""Until a county says otherwise."""
