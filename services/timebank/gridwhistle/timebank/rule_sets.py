"""The sets of rules (规则预设) of four places, as they were published: a county chooses one of them, or none."""

from collections.abc import Mapping
from typing import Final

from gridwhistle.common.presets import Preset
from gridwhistle.timebank.limits import (
    CLOSE_KIN,
    COIN,
    DAILY_CAP,
    LEAST_AGE,
    LIFETIME_CAP,
    MINORS,
    MINORS_IN_GROUPS,
    MOST_AGE,
    REDEEM_AGE,
    REDEEM_AGE_IN_NEED,
)

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
        Preset(MINORS_IN_GROUPS, minors[1], "yes_or_no", minors[2], "1: so they do with teams, even where they do not else."),
        Preset(DAILY_CAP, daily[0], "minutes", daily[1], "0: none."),
        Preset(LIFETIME_CAP, lifetime[0], "coins", lifetime[1], "0: none."),
        Preset(REDEEM_AGE, redeem[0], "years_of_age", redeem[2], "Who is served is at least so old; 0: as old as they are."),
        Preset(REDEEM_AGE_IN_NEED, redeem[1], "years_of_age", redeem[2], "Of those whom the pool is there for (特殊困难)."),
        Preset(CLOSE_KIN, close_kin[0], "yes_or_no", close_kin[1], "1: given to direct relatives (直系亲属) alone."),
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
    ),
    "shanghai": _set(
        coin=_SHANGHAI,
        ages=(18, 0, _SHANGHAI),
        minors=(0, 1, _SHANGHAI),
        daily=(0, _NONE),
        lifetime=(0, _NONE),
        redeem=(65, 60, _SHANGHAI),
        close_kin=(0, "P 上海法治报 2026-01-12"),
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
    ),
    "nanjing": _set(
        coin="MEM",
        ages=(18, 0, "MEM"),
        minors=(0, 0, "MEM"),
        daily=(0, _NONE),
        lifetime=(1_500, _NANJING),
        redeem=(60, 60, "P 南京市时间银行 xwslwj 2019-08-08"),
        close_kin=(1, "MEM"),
    ),
}
"""What four places do (北京、上海、长宁、南京)."""
