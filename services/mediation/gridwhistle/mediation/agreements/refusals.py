"""What is refused around agreements, in words for the people who asked."""

from gridwhistle.common.problems import Conflict, Forbidden, Invalid


class MustBeWritten(Invalid):
    """What a party asks for, what is not done at once, and what is major is in writing (宁波市人民调解条例 art. 24)."""

    code = "must_be_written"
    zh = "当事人要求、不能即时履行,或者重大、复杂的,须采用书面协议。"
    en = "What a party asks for, what is not performed at once, and what is major or complex is agreed in writing."


class AgreementThere(Conflict):
    """One at a time."""

    code = "agreement_there"
    zh, en = "已有一份协议,请先完成签署或作废。", "There is an agreement already: have it signed, or drop it."


class UnknownAgreement(Invalid):
    """The case has no such agreement that this could be done to."""

    code = "unknown_agreement"
    zh, en = "该案没有可供此操作的协议。", "The case has no agreement to which that could be done."


class SignedTwice(Conflict):
    """Each signs once."""

    code = "signed_twice"
    zh, en = "该人已签署协议。", "They have signed the agreement already."


class SealedAlready(Conflict):
    """There is one seal on it."""

    code = "sealed_already"
    zh, en = "协议已加盖印章。", "The committee's seal is on it already."


class NotPresiding(Forbidden):
    """Who presides signs."""

    code = "not_presiding"
    zh, en = "须由主持调解员签名。", "Who presides signs."


class NoSeal(Conflict):
    """Only a committee has a seal."""

    code = "no_seal"
    zh, en = "该案没有调解委员会,协议无须加盖印章。", "There is no committee, so there is no seal to be put on it."


class NotByAll(Invalid):
    """Both sides do it together."""

    code = "not_by_all"
    zh, en = "须由全体当事人共同作出。", "All parties do that together."


class NotDoneYet(Conflict):
    """What is to come is not done yet."""

    code = "not_done_yet"
    zh = "尚有未到期的履行内容,请转入履行;履行日期不得晚于今天。"
    en = "Something is still to come: let it be performed, and enter it on its day."


class UnknownTerm(Invalid):
    """The agreement has no such term that is open."""

    code = "unknown_term"
    zh, en = "没有这一项待履行内容。", "There is no such term that is still to be performed."


class TermUnclearYet(Invalid):
    """What somebody pays has an amount; who owes is a party."""

    code = "term_of_agreement_unclear"
    zh, en = "履行人须为本案当事人;付款须填写金额。", "Who owes something is a party; what is paid has an amount."


class TooLateToConfirm(Conflict):
    """A court is asked within thirty days (人民调解法 art. 33)."""

    code = "too_late_to_confirm"
    zh, en = "已超过协议生效后申请司法确认的期限({until})。", "The time for asking a court is over; it ended on {until}."


class CannotConfirm(Invalid):
    """What courts do not confirm."""

    code = "cannot_confirm"
    zh = "身份关系、收养关系、婚姻关系等不能申请司法确认;口头协议亦不能。"
    en = "Courts confirm nothing about who is married, adopted or whose child, and nothing that was agreed by word alone."


class WrongCourt(Invalid):
    """Who was invited by a court goes to that one."""

    code = "wrong_court"
    zh = "法院委派、委托的,向作出邀请的法院申请;自行调解的,向当事人住所地、标的物所在地或调解组织所在地法院申请。"
    en = "What a court entrusted goes to that court; else to the court of a party's home, of the object, or of the committee."


class ConfirmationThere(Conflict):
    """One application at a time."""

    code = "confirmation_there"
    zh, en = "已申请司法确认。", "A court has been asked already."


class UnknownConfirmation(Invalid):
    """There is no such application."""

    code = "unknown_confirmation"
    zh, en = "没有这一司法确认申请。", "There is no such application to a court."


class ExtendedAlready(Conflict):
    """A court takes more time once."""

    code = "extended_already"
    zh, en = "审查期限已延长过一次。", "The court has taken more time once already."


class FollowedUpAlready(Conflict):
    """Each is done once."""

    code = "followed_up_already"
    zh, en = "回访均已完成。", "Nothing is left to be followed up."


class TooEarlyToFollowUp(Conflict):
    """It has its day."""

    code = "too_early_to_follow_up"
    zh, en = "下次回访自 {day} 起。", "The next one is from {day} on."
