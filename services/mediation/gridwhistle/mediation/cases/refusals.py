"""What the steps of a case refuse, and why, in words for the people who took them."""

from gridwhistle.common.problems import Conflict, Forbidden, Invalid


class SidesMissing(Conflict):
    """Who applies and who answers are both known before anybody is asked."""

    code = "sides_missing"
    zh, en = "须先登记申请人和被申请人。", "Enter who applies and who is to answer first."


class NotAllWilling(Conflict):
    """Mediation begins when every party has said yes (人民调解法 art. 17)."""

    code = "not_all_willing"
    zh, en = "还有 {left} 名当事人未表示同意,不能受理。", "Parties who have not said yes yet: {left}; it cannot be accepted."


class AnsweredAlready(Conflict):
    """Each party answers once; who wants it no more withdraws."""

    code = "answered_already"
    zh, en = "该当事人已答复;不愿继续的,请办理撤回。", "This party has answered; who wants it no more withdraws."


class UnknownParty(Invalid):
    """Nobody of that id is a party."""

    code = "unknown_party"
    zh, en = "该案没有这名当事人。", "There is no such party in the case."


class PartyUnclear(Invalid):
    """What a party has to bring."""

    code = "party_unclear"
    zh = "自然人须填写姓名,单位须填写名称;无或限制民事行为能力人须有监护人。"
    en = "A person has a name, an organisation its own; who cannot act for themselves a guardian."


class EnoughParties(Conflict):
    """As many as can be heard."""

    code = "enough_parties"
    zh, en = "一案最多登记 {most} 名当事人。", "A case has {most} parties at most."


class EnoughRepresentatives(Conflict):
    """Where many are on one side, a few speak for them (宁波市人民调解条例 art. 20)."""

    code = "enough_representatives"
    zh, en = "一方人数众多的,代表至多 {most} 名。", "Where many are on one side, {most} of them speak for it at most."


class ReferralUnclear(Invalid):
    """What is entrusted comes from somebody, with a letter."""

    code = "referral_unclear"
    zh = "接受委托移送的须注明来源和文号;其他来源不填。"
    en = "Of what is entrusted say by whom and under which letter, and of nothing else."


class AlreadyHere(Conflict):
    """One incident is one case."""

    code = "already_here"
    zh, en = "该事件已有调解案件。", "There is a case of this incident already."


class FactsStand(Conflict):
    """What a case is about is settled when it is accepted."""

    code = "facts_stand"
    zh, en = "案件已受理,纠纷类型、渠道等不再修改。", "The case is accepted: its type, channel and the like stand."


class CaseEnded(Conflict):
    """Nobody comes into what has ended, and who was in it stays as they were."""

    code = "case_ended"
    zh, en = "案件已了结,人员和评定不再变更。", "The case has ended: who is in it, and what is said of it, stands."


class TypeMissing(Conflict):
    """A case has its type before it is accepted."""

    code = "type_missing"
    zh, en = "受理前须填写纠纷类型。", "Say what kind of dispute it is before you accept it."


class ChannelUnsuited(Invalid):
    """Some channels take some disputes alone."""

    code = "channel_unsuited"
    zh, en = "该渠道只受理:{types}。", "That channel takes: {types}."


class CommitteeUnsuited(Invalid):
    """A committee takes what is its own."""

    code = "committee_unsuited"
    zh = "该委员会不能受理:须在任期内,纠纷地或一方当事人所在地在其辖区,行业性委员会只受理本行业纠纷。"
    en = (
        "That committee cannot take it: it is in its term, the dispute or a party is in its area,"
        " and an industry's committee takes what is its industry's."
    )


class CommitteeNeeded(Invalid):
    """Before a committee there is one."""

    code = "committee_needed"
    zh, en = "该渠道须指明受理的调解委员会。", "Say which committee accepts it."


class NotForMediation(Conflict):
    """What a court or an arbitration body has, or the law forbids, is not mediated here."""

    code = "not_for_mediation"
    zh = "法院或仲裁机构已受理、已裁决,或法律规定不得调解的,不予受理;请作“不予受理”并告知途径。"
    en = (
        "What a court or an arbitration body has, or the law keeps from mediation, is not accepted:"
        " decline it, and tell the ways."
    )


class WaysNotTold(Conflict):
    """Whoever is sent away hears where else the law leads (人民调解法 art. 26)."""

    code = "ways_not_told"
    zh, en = (
        "须先告知当事人仲裁、行政、司法等途径。",
        "Tell the parties the other ways first: arbitration, authorities, courts.",
    )


class NotOnThePanel(Forbidden):
    """Who mediates a case was chosen for it."""

    code = "not_on_this_panel"
    zh, en = "您不是本案调解员。", "You do not mediate this case."


class AgreedAlready(Conflict):
    """What was agreed stands; who does not perform it is urged."""

    code = "agreed_already"
    zh, en = "已达成协议,不能撤回或终止。", "Something is agreed already, so it cannot be withdrawn or stopped."


class ClosingNotAsked(Conflict):
    """Two persons look at a file."""

    code = "closing_not_asked"
    zh, en = "须先由承办人申请结案。", "Who has the case says first that it can be closed."


class AskedByYou(Forbidden):
    """Two persons look at a file."""

    code = "closing_asked_by_you"
    zh, en = "结案申请由您提出,须由他人审核。", "You asked for it to be closed, so somebody else looks at the file."


class FollowUpsLeft(Conflict):
    """A file is put away after the last follow-up."""

    code = "follow_ups_left"
    zh, en = "还有 {left} 次回访未完成。", "Follow-ups that are still to be done: {left}."
