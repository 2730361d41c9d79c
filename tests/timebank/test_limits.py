"""The numbers of the time bank, and the sets of four places."""

import pytest

from gridwhistle.timebank.limits import PRESETS
from gridwhistle.timebank.rule_sets import RULE_SETS


def test_whoever_chooses_another_place_keeps_nothing_of_the_first() -> None:
    keys = [[preset.key for preset in presets] for presets in RULE_SETS.values()]

    assert RULE_SETS.keys() == {"beijing", "shanghai", "changning", "nanjing"}
    assert all(one == keys[0] for one in keys)
    assert {*keys[0]} <= {preset.key for preset in PRESETS}


@pytest.mark.parametrize(
    ("place", "values"),
    [
        ("beijing", {"redeem_age_min": 60, "transfer_close_kin_only": 1, "lifetime_cap": 0}),
        ("shanghai", {"redeem_age_min": 65, "redeem_age_min_in_need": 60, "transfer_close_kin_only": 0, "minors_in_groups": 1}),
        ("changning", {"earn_age_min": 60, "earn_age_max": 70, "daily_cap": 120, "lifetime_cap": 600}),
        ("nanjing", {"lifetime_cap": 1_500, "redeem_age_min": 60, "coin_minutes": 60}),
    ],
)
def test_each_place_says_what_was_published_of_it(place: str, values: dict[str, int]) -> None:
    said = {preset.key.removeprefix("timebank."): preset.value for preset in RULE_SETS[place]}

    assert {key: said[key] for key in values} == values


def test_a_number_that_no_document_says_is_to_be_confirmed() -> None:
    presets = [preset for presets in (PRESETS, *RULE_SETS.values()) for preset in presets]

    assert all(preset.source_ref.startswith(("P ", "L ", "INF", "MEM")) for preset in presets)
