"""How long each stage may take, how many and how much, until a county says otherwise."""

from typing import Final

from gridwhistle.common.presets import Preset

FILE_COMMITTEE: Final = "mediation.file_committee"
MEMBERS_MIN: Final = "mediation.members_min"
MEMBERS_MAX: Final = "mediation.members_max"
TERM_YEARS: Final = "mediation.term_years"

CONTACT: Final = "mediation.contact"
CONTACT_RED: Final = "mediation.contact_red"
CONTACT_ORANGE: Final = "mediation.contact_orange"
CONTACT_YELLOW: Final = "mediation.contact_yellow"
CONSENT: Final = "mediation.consent"
ACCEPT: Final = "mediation.accept"
ACCEPT_ADMIN: Final = "mediation.accept_administrative"
ACCEPT_ADMIN_COMPLEX: Final = "mediation.accept_administrative_complex"
TRANSFER: Final = "mediation.transfer"
TRANSFER_ADMIN: Final = "mediation.transfer_administrative"
REPRESENTATIVES: Final = "mediation.representatives_max"
MEDIATE: Final = "mediation.mediate"
MEDIATE_ADMIN: Final = "mediation.mediate_administrative"
MEDIATE_DELEGATED: Final = "mediation.mediate_court_delegated"
MEDIATE_ENTRUSTED: Final = "mediation.mediate_court_entrusted"
MEDIATE_SUMMARY: Final = "mediation.mediate_court_summary"
MEDIATE_POLICE: Final = "mediation.mediate_police"
MEDIATE_LABOUR: Final = "mediation.mediate_labour"
ASSIGN: Final = "mediation.assign"
FIRST_SESSION: Final = "mediation.first_session"
REPLACE: Final = "mediation.replace"
PANEL_MAX: Final = "mediation.panel_max"
BUSY: Final = "mediation.open_cases_max"
CONFIRM_APPLY: Final = "mediation.confirm_apply"
CONFIRM_ACCEPT: Final = "mediation.confirm_accept"
CONFIRM_DECIDE: Final = "mediation.confirm_decide"
CONFIRM_DECIDE_MORE: Final = "mediation.confirm_decide_more"
REMIND_EVERY: Final = "mediation.remind_every"
FOLLOW_UP_DAYS: Final = ("mediation.follow_up_first", "mediation.follow_up_second", "mediation.follow_up_last")
CLOSE: Final = "mediation.close"
ARCHIVE: Final = "mediation.archive"
CELL_MIN: Final = "mediation.cell_min"

COMMITTEE_PRESETS: Final = (
    Preset(FILE_COMMITTEE, 30, "work_day_legal", "L 宁波市人民调解条例 art.13", "From set-up or change on."),
    Preset(MEMBERS_MIN, 3, "people", "L 人民调解法 art.8", "Of a committee."),
    Preset(MEMBERS_MAX, 9, "people", "L 人民调解法 art.8", "Of a committee."),
    Preset(TERM_YEARS, 3, "year", "L 人民调解法 art.9", "Who is elected may be elected again."),
)
CASE_PRESETS: Final = (
    Preset(CONTACT, 1, "work_day_legal", "INF", "Until the parties are asked, where the dispute has no grade."),
    Preset(CONTACT_RED, 1, "urgent_hour", "INF", "Of a red dispute (红): reported at once."),
    Preset(CONTACT_ORANGE, 1, "same_day", "INF", "Of an orange one (橙): first contact the same day."),
    Preset(CONTACT_YELLOW, 3, "work_day_legal", "INF", "Of a yellow one (黄)."),
    Preset(CONSENT, 3, "work_day_legal", "INF", "Each case has that of its channel; then silence has lapsed."),
    Preset(ACCEPT, 3, "work_day_legal", "L 人民法院在线调解规则 art.10", "Courts' referrals; of others INF."),
    Preset(ACCEPT_ADMIN, 5, "work_day_legal", "L 深圳经济特区矛盾纠纷多元化解条例 art.46"),
    Preset(
        ACCEPT_ADMIN_COMPLEX,
        10,
        "work_day_legal",
        "L 深圳经济特区矛盾纠纷多元化解条例 art.46",
        "Complex, or of several bodies.",
    ),
    Preset(TRANSFER, 5, "work_day_legal", "INF", "From finding that another body is the right one until that has it."),
    Preset(TRANSFER_ADMIN, 3, "work_day_legal", "L 深圳经济特区矛盾纠纷多元化解条例 art.45", "Of administrative mediation."),
    Preset(REPRESENTATIVES, 5, "people", "L 宁波市人民调解条例 art.20", "Who speak for a side that is many."),
)
PANEL_PRESETS: Final = (
    Preset(ASSIGN, 2, "work_day_legal", "L 人民法院在线调解规则 art.13", "Courts' referrals; of others INF."),
    Preset(FIRST_SESSION, 5, "work_day_legal", "INF", "From choosing the mediators on."),
    Preset(REPLACE, 1, "work_day_legal", "INF", "Until somebody presides again after one stepped aside."),
    Preset(PANEL_MAX, 5, "people", "INF", "Who mediate one case."),
    Preset(BUSY, 10, "cases", "INF", "Who has more open is suggested last."),
)
SESSION_PRESETS: Final = (
    Preset(
        MEDIATE,
        30,
        "natural_day_legal",
        "L 深圳经济特区矛盾纠纷多元化解条例 art.25",
        "From the first session on; longer by consent.",
    ),
    Preset(MEDIATE_ADMIN, 30, "natural_day_legal", "INF"),
    Preset(MEDIATE_DELEGATED, 30, "natural_day_legal", "L 特邀调解规定 art.27", "Before filing (委派)."),
    Preset(MEDIATE_ENTRUSTED, 15, "natural_day_legal", "L 特邀调解规定 art.27", "After filing (委托), ordinary procedure."),
    Preset(MEDIATE_SUMMARY, 7, "natural_day_legal", "L 特邀调解规定 art.27", "After filing, summary procedure."),
    Preset(MEDIATE_POLICE, 30, "natural_day_legal", "INF"),
    Preset(MEDIATE_LABOUR, 15, "natural_day_legal", "L 劳动争议调解仲裁法 art.14", "Then either may go to arbitration."),
)
AGREEMENT_PRESETS: Final = (
    Preset(CONFIRM_APPLY, 30, "natural_day_legal", "L 人民调解法 art.33; 民诉法 art.205", "All parties together."),
    Preset(CONFIRM_ACCEPT, 3, "natural_day_legal", "L 司法确认规定 2011 art.4", "Later interpretations may say otherwise."),
    Preset(CONFIRM_DECIDE, 15, "natural_day_legal", "L 司法确认规定 2011 art.5"),
    Preset(CONFIRM_DECIDE_MORE, 10, "day", "L 司法确认规定 2011 art.5", "So many more a court may take, once."),
    Preset(REMIND_EVERY, 7, "day", "INF", "As long as something is late."),
    Preset(FOLLOW_UP_DAYS[0], 7, "day", "INF", "After an agreement takes effect."),
    Preset(FOLLOW_UP_DAYS[1], 30, "day", "INF"),
    Preset(FOLLOW_UP_DAYS[2], 90, "day", "INF"),
)
FILE_PRESETS: Final = (
    Preset(CLOSE, 5, "work_day_legal", "INF", "From the end of mediating or performing on."),
    Preset(CELL_MIN, 5, "cases", "INF", "Who sees no cases is told numbers in steps of so many."),
    Preset(ARCHIVE, 120, "natural_day", "INF", "After closing; the last follow-up is done by then."),
)
PRESETS: Final = (
    *COMMITTEE_PRESETS,
    *CASE_PRESETS,
    *PANEL_PRESETS,
    *SESSION_PRESETS,
    *AGREEMENT_PRESETS,
    *FILE_PRESETS,
)
