"""What the steps of an order's and a claim's life refuse, and why, in words for the people who took them."""

from gridwhistle.common.problems import Conflict, Forbidden, Invalid


class AnothersOrder(Forbidden):
    """Whom an order is for, who asked for it and the station decide about it."""

    code = "anothers_order"
    zh, en = "该订单由他人发布,您不能办理。", "Somebody else asked for this service, so it is theirs to decide."


class AnothersClaim(Forbidden):
    """Who claimed a service does it in person."""

    code = "anothers_claim"
    zh, en = "该接单属于他人;须由接单人本人办理。", "Somebody else took this on, and they do it in person."


class NotAParty(Forbidden):
    """Who serves, whom it is for, and the station say what went wrong."""

    code = "not_a_party"
    zh, en = "您不是该服务的当事人。", "This service concerns neither you nor your station."


class OwnService(Forbidden):
    """Nobody says of their own service that it was done."""

    code = "own_service"
    zh, en = "不能核实自己提供的服务,请由他人办理。", "You did this service yourself, so somebody else has to say so."


class OwnNeed(Forbidden):
    """Who asks does not review."""

    code = "own_need"
    zh, en = "该需求由您提出,须由他人审核。", "You asked for this, so somebody else reviews it."


class NotOnThePanel(Forbidden):
    """Three people decide a dispute, and only they."""

    code = "not_on_the_panel"
    zh, en = "您不是该争议的评议成员。", "You are not one of the three who decide this dispute."


class VotedAlready(Conflict):
    """One of three votes each."""

    code = "voted_already"
    zh, en = "您已表决,请等待其他成员。", "You have voted; the others have not yet."


class PanelMissing(Conflict):
    """The panel is named first."""

    code = "panel_missing"
    zh, en = "尚未组成评议小组。", "Nobody has been named to decide this yet."


class PanelThere(Conflict):
    """The panel stays as it was named."""

    code = "panel_there"
    zh, en = "评议小组已组成并开始表决。", "The panel has begun to vote."


class PanelInvolved(Invalid):
    """Nobody who had to do with it decides it."""

    code = "panel_involved"
    zh, en = "评议成员须为三名与该服务无关的人员。", "A panel is three people who have nothing to do with the service."


class DisputedBefore(Conflict):
    """What a panel has decided stands."""

    code = "disputed_before"
    zh, en = "该服务已经评议,不能再次提出争议。", "A panel has decided about this service already."


class DisputeTooLate(Conflict):
    """What nobody disputes for some days stands."""

    code = "dispute_too_late"
    zh, en = "须在服务结束后 {days} 日内提出争议。", "A dispute is raised within {days} days of the service."


class AnotherCounty(Forbidden):
    """Each county's books close by themselves, so whoever serves or is served is registered there."""

    code = "another_county"
    zh, en = "请先在该服务所在县登记。", "Have a station of the county where this service is register you first."


class NoPlaceLeft(Conflict):
    """Somebody else took the last place."""

    code = "no_place_left"
    zh, en = "名额已满,请选择其他服务。", "The last place has gone; choose another service."


class ClaimedAlready(Conflict):
    """One person takes one place."""

    code = "claimed_already"
    zh, en = "您已接此单。", "You have taken this on already."


class ClaimTooLate(Conflict):
    """Who is served needs to know some time before who comes."""

    code = "claim_too_late"
    zh, en = "须在服务开始 {minutes} 分钟前接单。", "Take it on at least {minutes} minutes before it begins."


class BegunAlready(Conflict):
    """Who comes has to be known before it begins; where many help for long, before it ends."""

    code = "begun_already"
    zh, en = "服务时间已到,不能再确认。", "It is too late to say yes to this."


class WindowUnclear(Invalid):
    """A service begins in the future, ends after it begins, and is not longer than its window."""

    code = "window_unclear"
    zh = "服务时间须在将来,结束晚于开始,约定时长不超过时间段。"
    en = "A service begins in the future, ends after it begins, and what is agreed fits in between."


class TooLong(Invalid):
    """Each kind of service has its longest."""

    code = "service_too_long"
    zh, en = "该类服务每次不超过 {minutes} 分钟。", "Such a service takes {minutes} minutes at most."


class UnknownServiceKind(Invalid):
    """The county's catalogue has no such kind of service in use."""

    code = "unknown_service_kind"
    zh = "本县服务目录中没有启用的该类服务;目录见 /timebank/v1/service_kinds。"
    en = "The county's catalogue has no such kind of service in use; see /timebank/v1/service_kinds."


class UnknownBeneficiary(Invalid):
    """Services are for participants, who are registered once."""

    code = "unknown_beneficiary"
    zh, en = "服务对象尚未登记为时间银行参与人。", "Whom this is for is no participant of the time bank yet."


class NotAParticipant(Forbidden):
    """Who serves or is served is registered first."""

    code = "not_a_participant"
    zh, en = "请先在网点登记为时间银行参与人。", "Have a station register you with the time bank first."


class TooManyMinutes(Invalid):
    """Of what nobody checked out of, no more counts than was agreed."""

    code = "too_many_minutes"
    zh, en = "未签退的服务最多按约定的 {minutes} 分钟计。", "Of what nobody checked out of, {minutes} minutes count at most."


class NoOverflow(Conflict):
    """There is nothing above a cap to decide about."""

    code = "no_overflow"
    zh, en = "没有超出上限、待选择去向的时间。", "There are no minutes above a cap to decide about."


class RatedAlready(Conflict):
    """Each side rates once."""

    code = "rated_already"
    zh, en = "您已评价过该服务。", "You have rated this service already."


class OnlyServes(Forbidden):
    """Who is registered to serve and not to be served has the station say otherwise first."""

    code = "only_serves"
    zh, en = (
        "该参与人登记为志愿者;如需接受服务,请到网点变更。",
        "They are registered to serve; to be served, have the station say otherwise first.",
    )


class OnlyServed(Forbidden):
    """Who is registered to be served and not to serve has the station say otherwise first."""

    code = "only_served"
    zh, en = (
        "您登记为服务对象;如愿参与服务,请到网点变更。",
        "You are registered to be served; ask the station first.",
    )
