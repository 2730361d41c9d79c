"""The page that shows the demo county: what is in it, and a map of its townships, communities and grids."""

from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Final

import shapely
from shapely import Polygon

from gridwhistle.incidents.domain import INCIDENT
from gridwhistle.incidents.tables import incidents
from gridwhistle.standalone.demo import words
from gridwhistle.standalone.demo.bank import ELDERS, VOLUNTEERS
from gridwhistle.standalone.demo.county import REPORTS, County
from gridwhistle.standalone.demo.disputes import STATES
from gridwhistle.standalone.demo.emergency import HELPERS, SUPPORT
from gridwhistle.standalone.demo.stores import TYPES

MAP: Final = "county.svg"
_WIDTH: Final = 1_000
_COLOURS: Final = ("#f2cc8f", "#8ecae6", "#b7dfa0", "#f4a6a6", "#cdb4db", "#ffd6a5")
_ALIKE: Final = 0.0005
"""Degrees; what borders turn by less is not drawn."""


def page(county: County) -> str:
    """Return the page about the county, in Markdown."""
    towns = []
    for town in words.TOWNSHIPS:
        grids = [grid for grid in county.grids if grid.grid_code.startswith(town.code)]
        households = sum(grid.households for grid in grids)
        workers = sum(worker.area_code.startswith(town.code) for worker in county.workers)
        line = f"{town.name} | {len(town.communities)} | {len(grids)} | {households:,} | {workers}"
        towns.append(f"| `{town.code}` | {line} |")
    communities = sum(len(town.communities) for town in words.TOWNSHIPS)
    emergency = [
        f"For an emergency each of the {communities} communities has a shelter and a team of volunteers, each township a",
        f"larger shelter, a team and {len(SUPPORT)} support points; the county has two teams, {len(HELPERS)} social",
        f"organisations that help, and stores with {len(TYPES)} types of supplies. Mediation has a dispute in each of its",
        f"{len(STATES)} states, and the time bank {len(VOLUNTEERS)} volunteers and {len(ELDERS)} elders.",
    ]
    states = Counter(state_after(report.steps) for report in county.reports)
    return "\n".join(
        [
            "<!-- Written by `make docs` from the code; change the code. -->",
            "# The demo county 示例县 (990101)",
            "",
            "No province has the code 99, so this county is nowhere. It is drawn from a seed, the same on every machine, and",
            "loaded through the API: what a start needs before it says that it is ready, the rest in the seconds after.",
            "",
            f"![Townships, communities and grids]({MAP})",
            "",
            "| code | township 乡镇 | communities | grids | households | grid workers |",
            "|---|---|---|---|---|---|",
            *towns,
            "",
            f"Beside them {len(words.DEPARTMENTS)} departments, {len(words.COMPANIES)} companies, and {REPORTS} reports of the",
            "last thirty days, each with its way through the closed loop as far as it came:",
            "",
            "| state | reports |",
            "|---|---|",
            *(f"| {INCIDENT.word(state).zh} `{state}` | {states[state]} |" for state in INCIDENT.states if state in states),
            "",
            *emergency,
            "",
            "A third of the workers is on shift. In the grids `990101001001001` to `…003` nothing happens: the tokens",
            "of grid workers are theirs, and what is reported there is yours. `gridwhistle token` makes others.",
            "",
        ]
    )


def state_after(steps: Sequence[str]) -> str:
    """Return the state that an incident is in after these steps."""
    report = SimpleNamespace(**dict.fromkeys(incidents.c.keys()))
    for action in steps:
        rows = [step for step in INCIDENT.steps if (step.source, step.action) == (report.state, action)]
        report.state = next(step.target for step in rows if step.when is None or step.when(report))
        if action == "object":
            report.objected_times = 1
        if action.startswith("request_"):
            report.asked_for = action.removeprefix("request_")
    state: str = report.state
    return state


def map_of(county: County) -> str:
    """Return the map as SVG."""
    west, south, east, north = shapely.unary_union([grid.land for grid in county.grids]).bounds
    scale = _WIDTH / (east - west) / 1.02
    height = round((north - south) * scale * 1.16 * 1.02)  # a degree of latitude is longer, thirty degrees north

    def place(x: float, y: float) -> str:
        return f"{(x - west) * scale + 12:.0f},{(north - y) * scale * 1.16 + 12:.0f}"

    def drawn(land: Polygon) -> str:
        return "M" + "L".join(dict.fromkeys(place(x, y) for x, y in land.exterior.coords)) + "Z"

    # All at once, so that neighbours still share what is left of their border.
    lands = shapely.coverage_simplify([grid.land for grid in county.grids], _ALIKE)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif">']
    for town, colour in zip(words.TOWNSHIPS, _COLOURS, strict=True):
        grids = [land for grid, land in zip(county.grids, lands, strict=True) if grid.grid_code.startswith(town.code)]
        lines.append(f'<path fill="{colour}" stroke="#fff" d="{"".join(map(drawn, grids))}"/>')
    for digits, width in ((12, 1.5), (9, 4)):
        outlines = []
        for code in dict.fromkeys(grid.grid_code[:digits] for grid in county.grids):
            parts = [land for grid, land in zip(county.grids, lands, strict=True) if grid.grid_code.startswith(code)]
            outlines += shapely.get_parts(shapely.unary_union(parts)).tolist()
        lines.append(f'<path fill="none" stroke="#444" stroke-width="{width}" d="{"".join(map(drawn, outlines))}"/>')
    for town in words.TOWNSHIPS:
        x, y = place(*town.middle).split(",")
        lines.append(
            f'<text x="{x}" y="{y}" font-size="26" text-anchor="middle" paint-order="stroke" stroke="#fff" stroke-width="6">'
            f"{town.name}</text>"
        )
    return "\n".join([*lines, "</svg>", ""])
