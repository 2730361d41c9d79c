"""What is refused of committees and mediators, in words for the people who asked."""

from gridwhistle.common.problems import Conflict, Forbidden, Invalid


class AboutYourself(Forbidden):
    """Nobody decides about themselves."""

    code = "mediator_is_you"
    zh, en = "事项涉及您本人,须由他人办理。", "This is about you, so somebody else has to do it."


class CommitteeIncomplete(Conflict):
    """What the law asks of a committee before it is on file."""

    code = "committee_incomplete"
    zh, en = "尚不能备案,还需:{missing}。", "It cannot be put on file yet; it lacks: {missing}."


class CommitteeFull(Conflict):
    """A committee has nine members at most."""

    code = "committee_full"
    zh, en = "委员会委员至多 {most} 人。", "A committee has {most} members at most."


class NotAMember(Invalid):
    """Who is in the chair is one of the committee."""

    code = "not_a_member"
    zh, en = "须为本委员会在册委员。", "They are no member of the committee who can act."


class StillToCome(Invalid):
    """Elections and courses are entered when they have been held."""

    code = "still_to_come"
    zh, en = "选举和培训须在举行之后登记,日期不得晚于今天。", "Elections and courses are entered on their day or later."


class UnknownCommittee(Invalid):
    """There is no such committee that works."""

    code = "unknown_committee"
    zh, en = "没有这一调解委员会,或其已撤销。", "There is no such committee, or it is dissolved."


class CredentialsMissing(Invalid):
    """What has to be known of somebody before they mediate."""

    code = "credentials_missing"
    zh = "委员和聘任调解员须填写所属委员会;律师须填写执业机构和执业证号;公安联络员须填写单位。"
    en = (
        "Of who is elected or appointed say the committee; of a lawyer the firm and the licence number;"
        " of a police liaison the station."
    )


class NotQualified(Invalid):
    """Mediators are of age, fair, and know some law (人民调解法 art. 14)."""

    code = "not_qualified"
    zh = "人民调解员须为公道正派、热心调解并具有一定法律知识的成年公民。"
    en = "A mediator is of age, fair, and knows some law; somebody has to have seen to that."


class NameTaken(Conflict):
    """Files are numbered by the short name, so no two committees of a county share one."""

    code = "name_taken"
    zh, en = "本县已有使用该简称的委员会。", "A committee of the county has that short name already."


class EnoughTrainings(Conflict):
    """As many as can be shown."""

    code = "enough_trainings"
    zh, en = "每人最多登记 {most} 次培训。", "A mediator has {most} trainings at most."


class IndustriesUnclear(Invalid):
    """An industry's committee says which disputes are its, and no other does."""

    code = "industries_unclear"
    zh, en = (
        "行业性调委会须填写受理的纠纷类型,其他不填。",
        "An industry's committee says which disputes are its; no other does.",
    )


class TermUnclear(Invalid):
    """Who is appointed is so for some time."""

    code = "term_unclear"
    zh, en = "聘期须晚于聘任之日结束。", "An appointment ends after it begins."
