"""What is refused when a panel is chosen, in words for the people who asked."""

from gridwhistle.common.problems import Conflict, Forbidden, Invalid


class CannotMediate(Invalid):
    """Who mediates is on a roster, in their time, and has no interest in the case."""

    code = "cannot_mediate"
    zh = "所选人员中有人不能调解本案:须在册、在聘期内,且未回避。"
    en = "One of them cannot mediate this case: they are on the roster, in their time, and have no interest in it."


class PanelUnclear(Invalid):
    """A panel has a presiding mediator and some others, each once."""

    code = "panel_unclear"
    zh = "须有一名主持调解员,成员不重复,总数至多 {most} 名;律师和公安联络员不任主持。"
    en = "A panel has one who presides, others once each, {most} in all; lawyers and police liaisons do not preside."


class NotThreeParties(Invalid):
    """Police, justice and a lawyer together (公安+司法+律师)."""

    code = "not_three_houses"
    zh, en = "公安、司法、律师联合调解的,三方须各有一人。", "Of police, justice and lawyers there has to be one each."


class NamedInTheCase(Conflict):
    """Who is a party, speaks for one, or is heard in a case does not mediate it."""

    code = "named_in_the_case"
    zh = "该调解员与本案当事人、监护人、代理人或受邀人员同名,须另选他人。"
    en = "Somebody of that name is a party, a guardian, an agent or an invitee of the case; choose another mediator."


class MediatedIt(Conflict):
    """Who has mediated a dispute is no agent, witness or expert in it later (特邀调解规定 art. 16)."""

    code = "mediated_it"
    zh = "曾任本案或关联案件调解员的,不得担任代理人、证人或鉴定人;确系同名的请注明。"
    en = "Who has mediated the dispute is no agent, witness or expert in it; if it is another of that name, say so."


class NotOnThatPanel(Invalid):
    """They do not mediate the case."""

    code = "not_of_the_panel"
    zh, en = "该调解员不在本案调解员之列。", "They are none of the case's mediators."


class DisclosedAlready(Conflict):
    """Each discloses once."""

    code = "disclosed_already"
    zh, en = "您已作披露;情况变化的,请办理回避。", "You have disclosed; if it is otherwise now, step aside."


class NotForOneself(Forbidden):
    """Who has an interest does not write down that they may stay."""

    code = "not_for_oneself"
    zh, en = "留任意见须由他人登记。", "It is about you, so somebody else writes down that you may stay."


class NothingToStayFor(Conflict):
    """Only who has disclosed a relation needs leave to stay."""

    code = "nothing_to_stay_for"
    zh, en = "该调解员未披露利害关系,无须同意留任。", "They have disclosed no relation, so they need no leave to stay."
