"""`gridwhistle demo flood`: a visitor sees a red rain warning from its message to the lift, each step with its call."""

import re
from pathlib import Path

from typer.testing import CliRunner

from gridwhistle.standalone.cli import app
from gridwhistle.standalone.demo.flood import Flood
from tests.conftest import RunningSuite


def test_a_visitor_can_follow_the_flood(suite: RunningSuite) -> None:
    told: list[str] = []

    Flood(suite.base_url, suite.issuer, told.append).play()

    story = "\n".join(told)
    assert [line.strip()[:2] for line in told if line.startswith("\n")] == ["1.", "2.", "3.", "4.", "5."]
    for step in (
        r"red warning 990101\d{8}_\d{14}_\d: 示例县气象台发布暴雨红色预警信号",
        "level III is proposed; somebody decides within 30 minutes",
        "403: decide is done by: deputy commander, emergency commander.",
        r"the response is active; all that follows has the correlation id [0-9a-f-]{36}",
        "timebank order.published: an order for thirty people",
        "incidents response.urgent_clocks_began: clocks of new incidents run day and night",
        "personnel response.roster_counted",
        "is part of the response; to be accepted within 15 minutes, day and night",
        r"first report within the hour; the next is due \d{4}-\d\d-\d\d 08:00",
        r"1 of 6 townships have reported: 120 people are relocated",
        r"\d+ things were told in its thread; incidents are back at their ordinary clocks",
        r"goes on \d{4}-\d\d-\d\d, in every service",
    ):
        assert re.search(step, story), f"{step} is not in\n{story}"


def test_the_flood_may_come_again(suite: RunningSuite) -> None:
    told: list[str] = []

    Flood(suite.base_url, suite.issuer, told.append).play()

    assert sum("is part of the response" in line for line in told) == 1


def test_without_a_suite_the_story_says_so(tmp_path: Path) -> None:
    nowhere = CliRunner().invoke(app, ["demo", "flood", "--data-dir", str(tmp_path)])

    assert nowhere.exit_code == 1


def test_a_demo_county_elsewhere_needs_its_address(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["demo", "--issuer-key", str(tmp_path / "issuer.json")]).exit_code == 2
