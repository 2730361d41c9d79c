"""What places decide about their time banks besides how long things take, and the sets of it as four places have them."""

from collections.abc import Mapping
from typing import Final

from gridwhistle.common.presets import Preset
from gridwhistle.timebank.order_limits import CLOSE_KIN, DAILY_CAP, LEAST_AGE, LIFETIME_CAP, MINORS, MOST_AGE

COIN: Final = "timebank.coin_minutes"
MINORS_IN_GROUPS: Final = "timebank.minors_in_groups"
REDEEM_AGE: Final = "timebank.redeem_age_min"
REDEEM_AGE_IN_NEED: Final = "timebank.redeem_age_min_in_need"
TOP_REDEMPTION: Final = "timebank.top_redemption"
POOL_LOW: Final = "timebank.pool_low"

_BEIJING, _SHANGHAI = "P 央视网 2022-01-20", "P 上海时间银行 jswmb"
_CHANGNING, _NANJING = "P 长宁区时间银行 shcafe", "P 南京市时间银行 新华社 2019-08-30"
_NONE: Final = "INF: none was found published"


def _set(
    coin: str,
    ages: tuple[int, int, str],
    minors: tuple[int, int, str],
    daily: tuple[int, str],
    lifetime: tuple[int, str],
    redeem: tuple[int, int, str],
    close_kin: tuple[int, str],
    top: tuple[int, str],
) -> tuple[Preset, ...]:
    """Return what a place says. All sets say the same things, so that whichever is chosen takes the place of any other."""
    return (
        Preset(COIN, 60, "minutes", coin, "So many are one coin (时间币)."),
        Preset(
            LEAST_AGE,
            ages[0],
            "years_of_age",
            ages[2],
            "At least so old; 0: of age, and minors as their rule says.",
        ),
        Preset(MOST_AGE, ages[1], "years_of_age", ages[2], "And at most so old; 0: as old as they like."),
        Preset(MINORS, minors[0], "yes_or_no", minors[2], "1: minors serve with a guardian's consent, and never alone."),
        Preset(MINORS_IN_GROUPS, minors[1], "yes_or_no", minors[2], "1: minors take part in groups, in institutions."),
        Preset(DAILY_CAP, daily[0], "minutes", daily[1], "0: none."),
        Preset(LIFETIME_CAP, lifetime[0], "coins", lifetime[1], "Of 60 minutes; 0: none."),
        Preset(REDEEM_AGE, redeem[0], "years_of_age", redeem[2], "Who is served for minutes is at least so old."),
        Preset(REDEEM_AGE_IN_NEED, redeem[1], "years_of_age", redeem[2], "Of those in special difficulty (特殊困难)."),
        Preset(CLOSE_KIN, close_kin[0], "yes_or_no", close_kin[1], "1: given to direct relatives (直系亲属) alone."),
        Preset(TOP_REDEMPTION, top[0], "coins", top[1], "For a place in a public nursing home; 0: there is none."),
    )


RULE_SETS: Final[Mapping[str, tuple[Preset, ...]]] = {
    "beijing": _set(
        coin=_BEIJING,
        ages=(18, 0, _BEIJING),
        minors=(1, 0, _BEIJING),
        daily=(0, _NONE),
        lifetime=(0, _NONE),
        redeem=(60, 60, _BEIJING),
        close_kin=(1, _BEIJING),
        top=(10_000, _BEIJING),
    ),
    "shanghai": _set(
        coin=_SHANGHAI,
        ages=(18, 0, _SHANGHAI),
        minors=(0, 1, _SHANGHAI),
        daily=(0, _NONE),
        lifetime=(0, _NONE),
        redeem=(65, 60, _SHANGHAI),
        close_kin=(0, "P 上海法治报 2026-01-12"),
        top=(0, _NONE),
    ),
    # Women from 50 there; no sex is kept, so a station lets them in by hand.
    "changning": _set(
        coin=_CHANGNING,
        ages=(60, 70, _CHANGNING),
        minors=(0, 0, _CHANGNING),
        daily=(120, _CHANGNING),
        lifetime=(600, _CHANGNING),
        redeem=(60, 60, "INF: no age was found published"),
        close_kin=(1, _NONE),
        top=(0, _NONE),
    ),
    "nanjing": _set(
        coin="MEM",
        ages=(18, 0, "MEM"),
        minors=(0, 0, "MEM"),
        daily=(0, _NONE),
        lifetime=(1_500, _NANJING),
        redeem=(60, 60, "P 南京市时间银行 xwslwj 2019-08-08"),
        close_kin=(1, "MEM"),
        top=(0, _NONE),
    ),
}
"""What four places do (北京、上海、长宁、南京)."""
_OF_ORDERS: Final = frozenset({CLOSE_KIN, DAILY_CAP, LEAST_AGE, LIFETIME_CAP, MINORS, MOST_AGE})
PRESETS: Final = (
    *(preset for preset in RULE_SETS["beijing"] if preset.key not in {*_OF_ORDERS, TOP_REDEMPTION}),
    Preset(TOP_REDEMPTION, 0, "coins", "INF", "For a place in a public nursing home; 0: there is none."),
    Preset(POOL_LOW, 20, "percent", "INF", "Of what the pool gives in 90 days; below it says that it is low."),
)
"""Until a county says otherwise; what orders ask for is in `order_limits`."""
