"""What a county decides about its time bank: how long each stage may take, how much, how far, how often, and from which age."""

from typing import Final

from gridwhistle.common.presets import Preset

POOL_LOW: Final = "timebank.pool_low"
REVIEW: Final = "timebank.review"
WINDOW: Final = "timebank.window"
CONFIRM: Final = "timebank.confirm"
NO_SHOW: Final = "timebank.no_show"
CHECK_OUT: Final = "timebank.check_out"
SETTLE: Final = "timebank.settle"
DISPUTE: Final = "timebank.dispute"
CHOOSE: Final = "timebank.choose"
PANEL_DECIDES: Final = "timebank.panel"
FREEZE: Final = "timebank.freeze"
ROLL_CALL: Final = "timebank.roll_call"
STEP: Final = "timebank.settle_step_minutes"
TOLERANCE: Final = "timebank.settle_tolerance"
COIN: Final = "timebank.coin_minutes"
DAILY_CAP: Final = "timebank.daily_cap"
LIFETIME_CAP: Final = "timebank.lifetime_cap"
CLAIM_BEFORE: Final = "timebank.claim_before"
CANCEL_BEFORE: Final = "timebank.cancel_free_before"
PLACE_WITHIN: Final = "timebank.place_within_m"
LEAST_AGE: Final = "timebank.earn_age_min"
MOST_AGE: Final = "timebank.earn_age_max"
MINORS: Final = "timebank.minors_with_guardian"
MINORS_IN_GROUPS: Final = "timebank.minors_in_groups"
REDEEM_AGE: Final = "timebank.redeem_age_min"
REDEEM_AGE_IN_NEED: Final = "timebank.redeem_age_min_in_need"
NO_SHOWS: Final = "timebank.no_shows_max"
NO_SHOW_DAYS: Final = "timebank.no_shows_days"
PAUSE_DAYS: Final = "timebank.no_shows_pause"
TRANSFER_ANSWER: Final = "timebank.transfer_answer"
TRANSFER_CAP: Final = "timebank.transfer_cap_month"
CLOSE_KIN: Final = "timebank.transfer_close_kin_only"

PRESETS: Final = (
    Preset(REVIEW, 2, "work_day_legal", "INF"),
    Preset(WINDOW, 60, "urgent_minute", "INF", "Each order has its own: people come forward until it ends."),
    Preset(CONFIRM, 24, "urgent_hour", "INF", "Then the place is free again."),
    Preset(NO_SHOW, 30, "urgent_minute", "INF", "After the beginning; check-in is possible as long before it."),
    Preset(CHECK_OUT, 4, "urgent_hour", "INF", "Beyond what was agreed; then a clerk asks."),
    Preset(SETTLE, 72, "urgent_hour", "INF", "Then two of four proofs settle it; with fewer a clerk asks."),
    Preset(DISPUTE, 15, "natural_day", "INF", "From checking out on; until then minutes are earned and not spent."),
    Preset(CHOOSE, 7, "day", "INF", "From settling on, at least, to say where minutes above a cap go."),
    Preset(PANEL_DECIDES, 15, "work_day_legal", "INF"),
    Preset(ROLL_CALL, 3, "work_day_legal", "INF", "How long a station may think about who a team says was there."),
    Preset(FREEZE, 30, "natural_day", "INF", "The longest."),
    Preset(STEP, 15, "minutes", "INF", "Minutes are settled in whole steps."),
    Preset(TOLERANCE, 125, "percent", "INF", "Of what was agreed: the most that a service is worth."),
    Preset(COIN, 60, "minutes", "P 央视网 2022-01-20", "So many are one coin (时间币)."),
    Preset(DAILY_CAP, 120, "minutes", "P 长宁区时间银行 shcafe", "0: none."),
    Preset(LIFETIME_CAP, 1_500, "coins", "P 南京市时间银行 新华社 2019-08-30", "0: none."),
    Preset(CLAIM_BEFORE, 120, "minutes", "INF", "How long before the beginning people come forward at the latest."),
    Preset(CANCEL_BEFORE, 120, "minutes", "INF", "Who cancels later is noted as late."),
    Preset(PLACE_WITHIN, 300, "metre", "INF", "Who checks in this near the place is there."),
    Preset(LEAST_AGE, 0, "years_of_age", "INF", "0: from coming of age on, and minors as their rule says."),
    Preset(MOST_AGE, 0, "years_of_age", "INF", "0: none."),
    Preset(MINORS, 1, "yes_or_no", "P 央视网 2022-01-20", "1: minors serve with a guardian's consent, and never alone."),
    Preset(MINORS_IN_GROUPS, 0, "yes_or_no", "P 央视网 2022-01-20", "1: so they do with teams, even where they do not else."),
    Preset(REDEEM_AGE, 60, "years_of_age", "P 央视网 2022-01-20", "Who is served is at least so old; 0: as old as they are."),
    Preset(REDEEM_AGE_IN_NEED, 60, "years_of_age", "P 央视网 2022-01-20", "Of those whom the pool is there for."),
    Preset(NO_SHOWS, 3, "times", "INF", "So many within the days below pause claiming."),
    Preset(NO_SHOW_DAYS, 90, "day", "INF", "Within which absences count."),
    Preset(PAUSE_DAYS, 30, "day", "INF", "A person of the station may end it earlier."),
    Preset(POOL_LOW, 20, "percent", "INF", "Of what the pool gave in 90 days; below it says that it is low."),
    Preset(TRANSFER_ANSWER, 7, "natural_day", "INF", "Then what was offered to a relative is not any more."),
    Preset(TRANSFER_CAP, 600, "minutes", "INF", "A month, of one participant; 0: none."),
    Preset(CLOSE_KIN, 1, "yes_or_no", "P 央视网 2022-01-20", "1: parents, children, grandparents and spouses alone."),
)
"""Until a county says otherwise."""
