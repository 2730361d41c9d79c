"""What is refused around sessions, in words for the people who asked."""

from gridwhistle.common.problems import Conflict, Invalid


class NotReady(Conflict):
    """What has to be so before anybody meets."""

    code = "session_not_ready"
    zh, en = "尚不能开始,还需:{missing}。", "It cannot begin yet; it lacks: {missing}."


class UnknownSession(Invalid):
    """The case has no such session."""

    code = "unknown_session"
    zh, en = "该案没有这次调解会。", "The case has no such session."


class UnknownInvitee(Invalid):
    """Nobody of that id was invited."""

    code = "unknown_invitee"
    zh, en = "该案没有这名受邀人员。", "Nobody of that id was invited to the case."


class TimesUnclear(Invalid):
    """A session begins in the future and ends after it begins."""

    code = "times_unclear"
    zh, en = "调解会须在将来开始,并在开始之后结束。", "A session begins in the future and ends after it begins."


class EnoughSessions(Conflict):
    """As many as can be shown."""

    code = "enough_sessions"
    zh, en = "一案最多安排 {most} 次调解会。", "A case has {most} sessions at most."


class EnoughInvitees(Conflict):
    """As many as can be shown."""

    code = "enough_invitees"
    zh, en = "一案最多邀请 {most} 人。", "{most} people are invited to a case at most."


class SignedAlready(Conflict):
    """Each signs once."""

    code = "signed_already"
    zh, en = "该人已签署。", "They have signed already."


class NotPresent(Invalid):
    """Who was not there does not sign."""

    code = "not_present"
    zh, en = "该当事人未参加本次调解会。", "That party was not at the session."


class NotEverybody(Invalid):
    """More time is what all parties agree to, in writing."""

    code = "not_everybody"
    zh, en = "延长期限须经全体当事人书面同意。", "More time asks for every party's consent in writing."


class ReceiptMissing(Conflict):
    """What was reported to the police goes on when they have it."""

    code = "receipt_missing"
    zh, en = "须先登记公安机关回执。", "Enter the police's receipt first."


class ReportNeeded(Invalid):
    """Who misuses mediation is reported (特邀调解规定 art. 18)."""

    code = "report_needed"
    zh, en = "虚假调解、恶意串通的须报告,请填写报告机关。", "False mediation and collusion are reported: say to whom."


class UnknownReport(Invalid):
    """The case has no such report."""

    code = "unknown_report"
    zh, en = "该案没有这项报告。", "The case has no such report."
