"""The table of rules: every number that a county may set otherwise, what it means, and where it comes from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from gridwhistle.common import presets
from gridwhistle.common.deadlines import UNITS
from gridwhistle.common.presets import UNCONFIRMED, Preset
from gridwhistle.common.rule_sets import RuleSets
from gridwhistle.standalone.documents.states import MACHINES
from gridwhistle.standalone.documents.writing import WRITTEN
from gridwhistle.standalone.services import KINDS

_ABOUT: Final = """\
# Rules 规则

Every limit and every number of the suite is a rule: a row with its source, its level and its validity. What stands here holds
until somebody says otherwise. **Any of them may be set for a county** (six digits), a city (four) or a province (two). The most
specific row that is valid holds; no release touches what a county set; clocks that run keep the limit they began with. Working
time comes from the calendar of the place. A limit may be counted in another unit of time; other numbers keep their unit.

```text
gridwhistle rules unconfirmed                      what a county has to confirm, or set, before going live
gridwhistle rules set incidents.sign 2 --source …  its own value; over HTTP POST /{service}/v1/rules, with rules:write
gridwhistle rules choose township                  values that belong together; GET /{service}/v1/rule_sets
```

Sources: L is a law or a regulation, P a published practice of a place, R1 a specification that is in use elsewhere. **MEM** is
remembered and **INF** is our own design: both wait for a county to confirm them.

"""


def page() -> str:
    """Return the table as people read it."""
    units = "; ".join(f"`{name}` {term.zh} ({term.en})" for name, term in UNITS.items())
    lines = [WRITTEN, f"{_ABOUT}Units of time: {units}.", "", "## Of every service", "", *_table(presets.PRESETS, {})]
    for service in KINDS:
        lines += ["", f"## {service.name}", "", *_table(service.presets, _clocks())]
        if service.rule_sets:
            lines += [
                "",
                "Values that belong together, by set; the service itself gives the source of each:",
                "",
            ]
            lines += _sets(service.rule_sets)
    return "\n".join([*lines, ""])


def _table(rows: Iterable[Preset], clocks: Mapping[str, str]) -> list[str]:
    return ["| rule | value | unit | what | source |", "|---|---|---|---|---|", *(_row(preset, clocks) for preset in rows)]


def _row(preset: Preset, clocks: Mapping[str, str]) -> str:
    what = " ".join(filter(None, (preset.note, clocks.get(preset.key))))
    source = f"**{preset.source_ref}**" if preset.source_ref.startswith(UNCONFIRMED) else preset.source_ref
    unit = f"`{preset.unit}`" + (f", until {preset.cutoff}" if preset.cutoff else "")
    return f"| `{preset.key}` | {preset.value} | {unit} | {what} | {source} |"


def _sets(sets: RuleSets) -> list[str]:
    keys = dict.fromkeys(preset.key for presets in sets.values() for preset in presets)
    said = {(name, preset.key): f"{preset.value} `{preset.unit}`" for name, presets in sets.items() for preset in presets}
    heads = [f"| rule | {' | '.join(sets)} |", f"|---|{'---|' * len(sets)}"]
    return heads + [f"| `{key}` | {' | '.join(said.get((name, key), '') for name in sets)} |" for key in keys]


def _clocks() -> dict[str, str]:
    """Return of each rule that is a clock's limit in which states it runs."""
    runs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, machine in MACHINES.items():
        for state, keys in machine.clocks.items():
            for key in keys:
                runs[key, name].append(f"`{state}`")
    said: dict[str, list[str]] = defaultdict(list)
    for (key, name), states in runs.items():
        said[key].append(f"Runs while [{name}](states/{name}.md) is {', '.join(states)}.")
    return {key: " ".join(sentences) for key, sentences in said.items()}
