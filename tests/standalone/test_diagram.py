"""The book draws each state diagram: every state and every way, in the order of the table, words apart from each other."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from gridwhistle.common.machine import Machine
from gridwhistle.standalone.documents.states import MACHINES
from gridwhistle.standalone.front.diagram import drawn

every_machine = pytest.mark.parametrize("machine", [pytest.param(machine, id=name) for name, machine in MACHINES.items()])


def svg(machine: Machine) -> ET.Element:
    return ET.fromstring(drawn(machine.mermaid()))  # noqa: S314 - our own drawing


@every_machine
def test_every_state_and_every_way_is_drawn(machine: Machine) -> None:
    picture = svg(machine)

    ways = {(step.source, step.target) for step in machine.steps if step.source not in {None, step.target}}
    arrows = [line for line in picture.iter("path") if line.get("marker-end")]
    said = {action for line in arrows for action in "".join(line.itertext()).split(", ")}
    assert [f"{state} {machine.word(state).zh}" for state in machine.states] == [
        text.text for text in picture.iter("text") if text.get("class") is None
    ]
    assert len(arrows) == len(ways)
    assert said == {step.action for step in machine.steps if (step.source, step.target) in ways}


@every_machine
def test_what_begins_stays_and_ends_is_marked(machine: Machine) -> None:
    picture = svg(machine)

    marks = ["".join(text.itertext())[0] for text in picture.iter("text") if text.get("class") == "mark"]
    ends = [state for state in machine.states if not any(step.source == state != step.target for step in machine.steps)]
    assert marks.count("●") == len({step.target for step in machine.steps if step.source is None})
    assert marks.count("↻") == len({step.target for step in machine.steps if step.source == step.target})
    assert len([box for box in picture.iter("rect") if box.get("class") == "end"]) == len(ends)


@every_machine
def test_nothing_is_drawn_outside_the_picture(machine: Machine) -> None:
    picture = svg(machine)

    width, height = (float(size) for size in picture.find("svg").get("viewBox").split()[2:])  # type: ignore[union-attr]
    across = [float(x) for text in picture.iter() if (x := text.get("x"))]
    curves = [re.findall(r"[\d.-]+", line.get("d", "")) for line in picture.iter("path") if line.get("marker-end")]
    assert all(0 <= x <= width for x in across)
    assert all(0 <= (float(side) + 3 * float(far)) / 4 <= width for side, _, far, *_ in curves)
    assert all(0 < float(y) < height for curve in curves for y in curve[1::2])


@pytest.mark.parametrize(("name", "ways"), [("order", 10), ("grid", 7), ("shelter", 14)])
def test_words_do_not_cover_each_other(name: str, ways: int) -> None:
    texts = [text for text in svg(MACHINES[name]).iter("text") if text.get("class") == "action"]

    boxes = []
    for text in texts:
        x, y, wide = float(text[0].get("x", "")), float(text.get("y", "")), max(7 * len(line.text or "") for line in text)
        boxes.append((x - wide * (text.get("text-anchor") == "end"), y, wide, 14 * len(text)))
    assert len(texts) == ways
    for (x, y, wide, high), (left, top, width, height) in combinations(boxes, 2):
        assert x + wide <= left or left + width <= x or y + high <= top or top + height <= y
