"""Emergency teams (应急队伍): their kinds, which of them a level calls, how long they have, and what keeps somebody at home."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from gridwhistle.common.presets import Preset
from gridwhistle.common.problems import Conflict, Forbidden, Invalid, Term

TeamKind = Literal["leading", "professional", "volunteer"]
"""骨干, 专业, 志愿: cadres who lead, people whose work it is, volunteers."""
TeamLevel = Literal["county", "township", "village"]
Skill = Literal[
    "rescue", "medical", "flood", "fire", "earthquake", "forest_fire", "transport", "communications", "power", "water",
    "catering", "shelter", "psychology", "divers", "drones", "logistics",
]  # fmt: skip
MobilizationLevel = Literal[1, 2, 3, 4]
"""I to IV; I is the gravest."""
HelpKind = Literal[
    "people", "boats", "vehicles", "excavators", "pumps", "generators", "tents", "food", "medical", "psychology", "drones",
    "communications", "volunteers", "interpreters",
]  # fmt: skip

ACK: Final = "inventory.mobilization_ack"
REST: Final = "inventory.team_rest"
TEAMS_PRESETS: Final = (
    Preset(ACK, 30, "urgent_minute", "INF", "Then the next team is proposed."),
    Preset(REST, 12, "urgent_hour", "INF", "Who was on site rests so long."),
)
"""Until a county says otherwise."""

_CALLED: Final[Mapping[int, frozenset[tuple[str, str]]]] = {
    4: frozenset({("volunteer", "village")}),
    3: frozenset((kind, "township") for kind in ("leading", "professional", "volunteer")),
    2: frozenset(
        {("professional", "county"), ("leading", "county")}
        | {("volunteer", level) for level in ("county", "township", "village")}
    ),
    1: frozenset(
        (kind, level) for kind in ("leading", "professional", "volunteer") for level in ("county", "township", "village")
    ),
}
"""Which kinds of teams, of which level, are called at a level of mobilisation."""


def called_at(level: int) -> frozenset[tuple[str, str]]:
    """Return the kinds and levels of the teams that a level calls: the village's own at IV, everybody at I."""
    return _CALLED[level]


def fit(members: Iterable[Any], until: dt.date) -> int:
    """Return how many members may go: they are of age, and insured to the end."""
    return sum(member.is_adult and member.insured_until is not None and member.insured_until >= until for member in members)


class NotYourTeam(Forbidden):
    """A team's leader speaks for it."""

    code = "not_your_team"
    zh, en = "只能由该队负责人办理。", "The leader of the team does this."


class NobodyFit(Conflict):
    """Only adults who are insured to the end are called."""

    code = "nobody_fit"
    zh, en = (
        "队伍“{team}”没有保险覆盖到任务结束的成年队员,不能动员。",
        "No member of {team} is of age and insured to the end, so it cannot be called.",
    )


class MoreThanFit(Invalid):
    """No more are on site than may be."""

    code = "more_than_fit"
    zh, en = (
        "该队符合条件(成年、在保)的队员为 {fit} 人,到场人数不得超过。",
        "{fit} of the team may go: they are of age and insured.",
    )


class MoreHurtThanThere(Invalid):
    """Who was hurt was there."""

    code = "more_hurt_than_there"
    zh, en = "受伤人数不得超过到场人数。", "No more were hurt than were there."


class NotChecked(Invalid):
    """Nobody goes home unseen."""

    code = "not_checked"
    zh, en = "撤离前须检查队员伤情(checked)。", "Have everybody looked at before they go home: checked."


class TeamNotReady(Conflict):
    """A team is called once at a time."""

    code = "team_not_ready"
    zh, en = "队伍“{team}”现为“{state}”,不能动员。", "The team {team} is {state} and cannot be called."


class CalledBefore(Conflict):
    """A mobilisation calls each team once."""

    code = "team_called_before"
    zh, en = (
        "该队已参加过本次动员;仍需要的,请另行下达动员令。",
        "The team was called by this mobilisation before; order another one if it is needed again.",
    )


class EnoughTeams(Conflict):
    """As many as can be shown."""

    code = "enough_teams"
    zh, en = "一次动员最多 {most} 支队伍。", "A mobilisation calls {most} teams at most."


class UnknownTeam(Invalid):
    """Such a team is not there, or not yours to call."""

    code = "unknown_response_team"
    zh, en = "没有您可以动员的这支队伍。", "There is no such team that you may call."


class NoTeams(Conflict):
    """Somebody has to be called."""

    code = "no_teams_to_call"
    zh, en = "没有可动员的队伍。", "There are no teams to be called."


class MobilizationOver(Conflict):
    """It has ended, or its time is over."""

    code = "mobilization_over"
    zh, en = "该次动员已结束。", "The mobilisation is over."


class TimesUnclear(Invalid):
    """Teams assemble before it ends."""

    code = "mobilization_times"
    zh, en = "结束时间须晚于集结时间和现在。", "It ends after the teams assemble, and in the future."


class NoMinors(Invalid):
    """Emergency teams are of adults (突发事件应对法 art. 39)."""

    code = "no_minors"
    zh, en = "应急队伍只接收成年人。", "Only adults are members of emergency teams."


class FullTeam(Conflict):
    """As many as can be shown."""

    code = "full_response_team"
    zh, en = "每支队伍最多 {most} 名队员。", "A team has {most} members at most."


class NotAMember(Invalid):
    """They are not of this team."""

    code = "not_a_response_member"
    zh, en = "该队没有这名队员。", "The team has no such member."


class ServiceMissing(Invalid):
    """Volunteers are asked for something."""

    code = "service_missing"
    zh, en = "招募志愿者须填写 service_code 和人数。", "Whoever asks for volunteers says for what service, and how many."


OFFICE_HEARS: Final = Term("应急指挥联系队员", "to reach the members of a team in an emergency")
