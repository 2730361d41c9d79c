"""What the steps of responses and their reports refuse, and why, in words for the people who took them."""

from gridwhistle.common.problems import Conflict, Forbidden, Invalid


class ProposedByYou(Forbidden):
    """Who proposes does not decide."""

    code = "proposed_by_you"
    zh, en = "启动建议由您提出,须由他人决定。", "You proposed this, so somebody else decides."


class ToldAlready(Conflict):
    """Those above were told."""

    code = "told_already"
    zh, en = "该报告已完成登记。", "That report was made already."


class NotAnotherTown(Forbidden):
    """Each township reports for itself."""

    code = "not_another_town"
    zh, en = "只能报告本辖区的灾情。", "Each area reports for itself."


class LevelMissing(Invalid):
    """Nothing suggests a level, so somebody says it."""

    code = "level_missing"
    zh = "现有数据和预警未达到任何级别的启动条件;如仍需建议启动,请注明 level。"
    en = "Neither the numbers nor the warning trigger a level; say a level if one is needed all the same."


class OnlyATest(Conflict):
    """A test or an exercise is no reason for a response."""

    code = "only_a_test"
    zh, en = "演练或测试预警不能作为启动依据。", "That warning is a test or an exercise, and no reason for a response."


class WarningNotInForce(Conflict):
    """A warning that was lifted or is over is no reason for a response."""

    code = "warning_not_in_force"
    zh, en = "该预警已解除或过期。", "That warning was lifted, or is over."


class OneOfTheWarning(Conflict):
    """One warning has one response at a time."""

    code = "response_there"
    zh, en = "该预警已有待决定或进行中的响应。", "There is a response to this warning already, proposed or active."


class EndInThePast(Invalid):
    """A response is expected to last until some time ahead."""

    code = "end_in_the_past"
    zh, en = "预计终止时间须晚于现在,且不超过 100 日。", "Say an expected end that lies ahead, within a hundred days."


class VolunteersUnclear(Invalid):
    """Volunteers are called for a service, so many, from a time until a later one."""

    code = "volunteers_unclear"
    zh, en = "招募志愿者的时段须在将来、结束晚于开始且不超过一天。", "Volunteers are called for a day at most, that lies ahead."


class DataAhead(Invalid):
    """Nobody reports what has not happened yet, nor of days before the response."""

    code = "data_ahead"
    zh, en = (
        "数据截止时间不能晚于现在,也不能早于响应启动前一日。",
        "The data go up to a time that is past, and not before the response.",
    )


class AreasBeyond(Invalid):
    """A response lies in one county."""

    code = "areas_beyond"
    zh, en = "响应范围须在同一个县内,且在您的辖区内。", "The areas of a response lie in one county, and in your jurisdiction."
