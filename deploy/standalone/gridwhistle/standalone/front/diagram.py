"""Draws a Mermaid state diagram as SVG: its states from top to bottom, ways forward at their right, ways back at their left."""

import re
from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple
from unicodedata import east_asian_width

_WORD: Final = re.compile(r"\s+(\w+): (.+)")
_ARROW: Final = re.compile(r"\s+(\[\*\]|\w+) --> (\w+): (.+)")
_START: Final = "[*]"
_PITCH, _BOX, _LANE, _LINE = 56, 30, 20, 14
"""Pixels from state to state, of a box's height, from lane to lane, and of a line of words."""
_LETTER, _WIDE = 7.3, 13.5
"""Pixels of a Latin letter and of a Chinese one."""
_WORDED_MAX: Final = 14
"""More ways than these would cover each other's words: there, pointing at a way shows them."""
_TIP: Final = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z"/></marker></defs>'
)


class Way(NamedTuple):
    """How a thing comes from the state of one row to that of another."""

    begin: int
    end: int
    actions: Sequence[str]

    @property
    def is_back(self) -> bool:
        """Whether it leads up."""
        return self.end < self.begin

    @property
    def rows(self) -> range:
        """The rows beside which it runs."""
        return range(min(self.begin, self.end), max(self.begin, self.end))


class Place(NamedTuple):
    """Where words stand."""

    left: float
    top: float
    width: float
    height: float

    def covers(self, other: "Place") -> bool:
        """Whether the two would be read as one."""
        return (
            self.left < other.left + other.width
            and other.left < self.left + self.width
            and self.top < other.top + other.height
            and other.top < self.top + self.height
        )


def is_wide(letter: str) -> bool:
    """Whether a letter is as wide as a Chinese one."""
    return bool(letter) and east_asian_width(letter) in "WF"


def drawn(mermaid: str) -> str:
    """Return a diagram as an SVG element."""
    words, starts, ways, again = _read(mermaid)
    box = max(map(_width, words)) + 44
    lanes = {way: number for back in (False, True) for way, number in _lanes([w for w in ways if w.is_back is back]).items()}
    is_worded = len(ways) <= _WORDED_MAX
    said = {way: max(map(_width, way.actions)) + 12 if is_worded else 0 for way in ways}
    reach = [
        max((_LANE * (lanes[w] + 1) + said[w] for w in ways if w.is_back is back), default=0) + 12 for back in (True, False)
    ]
    left, right = reach[0], reach[0] + box
    places: list[Place] = []
    groups = []
    for row, word in enumerate(words):
        out = [way for way in ways if way.begin == row]
        drawings = [_arc(way, left if way.is_back else right, lanes[way]) for way in out]
        drawings += [_words(way, left if way.is_back else right, lanes[way], places) for way in out if is_worded]
        drawings.append(_state(word, row, left, box, starts.get(row, ()), again.get(row, ()), is_end=not out))
        groups.append(f"<g>{''.join(drawings)}</g>")
    width, height = right + reach[1], _PITCH * len(words)
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    named = f'role="img" aria-label="{escape(", ".join(words))}"'
    return f'<div class="diagram"><svg {size} {named}>{_TIP}{"".join(groups)}</svg></div>\n'


def _read(mermaid: str) -> tuple[list[str], dict[int, list[str]], list[Way], dict[int, list[str]]]:
    """Return the words of the states, what begins where, the ways between them, and what leads back to the same state."""
    lines = mermaid.splitlines()
    words = {found[1]: found[2] for line in lines if (found := _WORD.fullmatch(line))}
    row = {state: number for number, state in enumerate(words)}
    starts: dict[int, list[str]] = {}
    again: dict[int, list[str]] = {}
    ways: dict[tuple[int, int], list[str]] = {}
    for begin, end, action in (found.groups() for line in lines if (found := _ARROW.fullmatch(line))):
        if begin == _START:
            starts.setdefault(row[end], []).append(action)
        elif begin == end:
            again.setdefault(row[end], []).append(action)
        else:
            ways.setdefault((row[begin], row[end]), []).append(action)
    return [*words.values()], starts, [Way(*pair, tuple(dict.fromkeys(actions))) for pair, actions in ways.items()], again


def _lanes(ways: list[Way]) -> dict[Way, int]:
    """Return how far out each of the ways on one side runs: short ones near the states, none over another."""
    lanes: dict[Way, int] = {}
    for way in sorted(ways, key=lambda way: len(way.rows)):
        taken = {lanes[other] for other in lanes if set(other.rows) & set(way.rows)}
        lanes[way] = next(number for number in range(len(ways)) if number not in taken)
    return lanes


def _arc(way: Way, side: float, lane: int) -> str:
    """Return the line of a way, which leaves where it goes to and says its actions when pointed at."""
    sign, out = (-1, _LANE * (lane + 1)) if way.is_back else (1, _LANE * (lane + 1))
    begin, end = (_middle(row) + shift for row, shift in ((way.begin, 6 * sign), (way.end, -6 * sign)))
    far = side + sign * out * 4 / 3
    return (
        f'<path d="M{side:g} {begin:g}C{far:g} {begin:g} {far:g} {end:g} {side:g} {end:g}" marker-end="url(#tip)">'
        f"<title>{escape(', '.join(way.actions))}</title></path>"
    )


def _words(way: Way, side: float, lane: int, places: list[Place]) -> str:
    """Return the actions of a way beside it, where no other words are; that place is taken then."""
    sign, anchor = (-1, "end") if way.is_back else (1, "start")
    x, width, height = side + sign * (_LANE * (lane + 1) + 5), max(map(_width, way.actions)), _LINE * len(way.actions)
    near = x - width if way.is_back else x
    middle = (_middle(way.begin) + _middle(way.end)) / 2
    shifts = (down * step * _LINE / 2 for step in range(40) for down in (1, -1))
    tries = [Place(near, middle + shift - height / 2, width, height) for shift in shifts]
    place = next((one for one in tries if not any(one.covers(other) for other in places)), tries[0])
    places.append(place)
    lines = (f'<tspan x="{x:g}" dy="{_LINE}">{escape(action)}</tspan>' for action in way.actions)
    return f'<text class="action" text-anchor="{anchor}" y="{place.top - 3:g}">{"".join(lines)}</text>'


def _state(word: str, row: int, left: float, width: float, starts: Sequence[str], again: Sequence[str], *, is_end: bool) -> str:
    """Return the box of a state: a dot where things begin, a circle where they stay when something is done."""
    middle, kind = _middle(row), ' class="end"' if is_end else ""
    box = f'x="{left:g}" y="{middle - _BOX / 2:g}" width="{width:g}" height="{_BOX}" rx="7"'
    drawings = [
        f"<rect {box}{kind}/>",
        f'<text text-anchor="middle" x="{left + width / 2:g}" y="{middle + 5:g}">{escape(word)}</text>',
    ]
    for mark, x, actions in (("●", left + 14, starts), ("↻", left + width - 14, again)):
        if actions:
            said = f"{mark}<title>{escape(', '.join(actions))}</title>"
            drawings.append(f'<text class="mark" text-anchor="middle" x="{x:g}" y="{middle + 5:g}">{said}</text>')
    return "".join(drawings)


def _middle(row: int) -> float:
    return _PITCH * (row + 0.5)


def _width(words: str) -> float:
    return sum(_WIDE if is_wide(letter) else _LETTER for letter in words)
