"""What the steps of an incident's life refuse, and why, in words for the people who took them."""

from gridwhistle.common.problems import Conflict, Forbidden, Invalid


class HandledByYou(Forbidden):
    """Who handled an incident never judges it."""

    code = "handled_by_you"
    zh, en = "处置人不得核查自己处置的事件。", "You handled this incident, so somebody else has to check it."


class NotYourCheck(Forbidden):
    """The check was given to somebody else, or to nobody yet."""

    code = "not_your_check"
    zh, en = "该核查任务不是分配给您的。", "This check was not given to you."


class AnotherDepartment(Forbidden):
    """The case is with another department."""

    code = "another_department"
    zh, en = "该事件由其他部门处置。", "Another department has this incident."


class ConflictOfInterest(Forbidden):
    """A complaint never goes to the house that it is about."""

    code = "conflict_of_interest"
    zh, en = "该诉求反映的就是这个单位,不得派给它处置。", "The complaint is about this organisation, so it cannot handle it."


class FiledByYou(Forbidden):
    """Four eyes: who files does not dispatch."""

    code = "filed_by_you"
    zh, en = "该事件由您立案,须由他人派遣。", "You filed this incident, so somebody else has to dispatch it."


class AnotherHandler(Forbidden):
    """Who signed named somebody else to handle it."""

    code = "another_handler"
    zh, en = "该事件已指定由他人处置。", "Somebody else was named to handle this incident."


class ReportedByYou(Forbidden):
    """Who reports a thing does not judge it."""

    code = "reported_by_you"
    zh, en = "该事件由您上报,须由他人判定。", "You reported this incident, so somebody else has to judge it."


class AskedByYou(Forbidden):
    """Who asks does not grant."""

    code = "asked_by_you"
    zh, en = "该申请由您提出,须由他人同意。", "You asked for this, so somebody else has to agree."


class AskedByAnother(Forbidden):
    """Who asks withdraws."""

    code = "asked_by_another"
    zh, en = "该申请由他人提出,只能由申请人撤回。", "Somebody else asked for this, and only they can withdraw it."


class NothingAsked(Conflict):
    """There is no open request."""

    code = "nothing_asked"
    zh, en = "没有待审批的申请。", "Nothing has been asked for that waits for an answer."


class AlreadyAsked(Conflict):
    """One request at a time."""

    code = "already_asked"
    zh, en = "已有一项申请待审批,请等待结果。", "A request is waiting for its answer already."


class NotEndorsed(Conflict):
    """The department's leader comes first."""

    code = "not_endorsed"
    zh, en = "该申请尚未经部门负责人审核。", "The department's leader has not endorsed the request yet."


class EndorsedAlready(Conflict):
    """The department's leader has given an answer."""

    code = "endorsed_already"
    zh, en = "该申请已经部门负责人审核,现由派遣员审批。", "It has been endorsed; now the dispatcher decides."


class AskedTooLate(Conflict):
    """An extension is asked for before the limit ends."""

    code = "asked_too_late"
    zh, en = "处置时限已到期,不能再申请延期。", "The limit has passed; an extension is asked for before it is due."


class ExtendedEnough(Conflict):
    """There are only so many extensions."""

    code = "extended_enough"
    zh, en = "已批准延期 {count} 次,不能再延期。", "It was extended {count} times, which is as often as it may be."


class SuspendedEnough(Conflict):
    """There are only so many suspensions."""

    code = "suspended_enough"
    zh, en = "已挂账 {count} 次,不能再挂账。", "It was suspended {count} times, which is as often as it may be."


class SuspendedTooLong(Invalid):
    """Suspensions have an end, all of them together."""

    code = "suspended_too_long"
    zh, en = "挂账累计不得超过 {most} 天,还可挂账 {days} 天。", "Suspensions take {most} days at most in all; {days} are left."


class FixedHere(Conflict):
    """The county has decided; it cannot be returned any more."""

    code = "fixed_here"
    zh, en = "县级已裁定由本单位处置,不能再退回。", "The county decided that it is yours; it cannot be returned any more."


class SameOrganisation(Invalid):
    """An upheld objection sends it elsewhere."""

    code = "same_organisation"
    zh, en = "异议成立后须改派其他单位。", "Where the objection is right, the incident goes to another organisation."


class NotFromThePublic(Conflict):
    """What a grid worker reports was seen by a grid worker."""

    code = "not_from_the_public"
    zh, en = "只有群众和热线来源的事件需要核实。", "Only what residents or the hotline report is verified by a grid worker."


class VerifiedAlready(Conflict):
    """A grid worker has looked; now the acceptor decides."""

    code = "verified_already"
    zh, en = "该事件已核实过,请受理员决定。", "A grid worker has looked at it already: accept or reject it."


class NoQuestion(Conflict):
    """Only a question can be answered and closed."""

    code = "no_question"
    zh, en = "只有咨询类诉求可以直接答复办结。", "Only a question (consult) is closed by its answer."


class ParentEnded(Conflict):
    """Something is merged into what is still worked on."""

    code = "parent_ended"
    zh, en = (
        "只能并入正在办理的事件,该事件为“{state}”。",
        "Merge it into an incident that is open; that one is {state}.",
    )


class MergedIntoItself(Invalid):
    """A thing is not its own duplicate."""

    code = "merged_into_itself"
    zh, en = "事件不能并入自身。", "An incident is not merged into itself."


class AnotherComplaint(Conflict):
    """A complaint is not hidden away under what its own house may handle."""

    code = "another_complaint"
    zh = "两件事件反映的单位不一致,不能并案。"
    en = "The two do not complain about the same organisation, so they are not merged."


class PhotosMissing(Invalid):
    """What was done has to be seen."""

    code = "photos_missing"
    zh, en = "请附 {count} 张现场照片。", "Attach pictures of it, {count} at least; documents do not count."


class PhotoOfMissing(Invalid):
    """A picture has to say what it shows."""

    code = "photo_of_missing"
    zh = "请附照片:{kinds};上传附件时用 kind 注明。"
    en = "Attach a picture of it {kinds}; say so with kind when you send the file."


class NotOnTheList(Conflict):
    """Nobody is given what the matter list does not give them."""

    code = "not_on_matter_list"
    zh = "按本县事项清单,“{category}”不得派给该单位;清单见 /incidents/v1/categories。"
    en = "By the county's matter list, {category} is not given to that organisation; see /incidents/v1/categories."


class MayNotRefuse(Conflict):
    """The list says what a community has to take."""

    code = "may_not_refuse"
    zh, en = "按本县事项清单,社区不得退回该事项。", "By the county's matter list, a community may not return this."


class ComplexByCounty(Forbidden):
    """What is complex takes longest, so somebody of the county says so."""

    code = "complex_by_county"
    zh, en = "疑难等级须由县级人员立案确定。", "Only somebody of the county may file it as complex."


class UnknownStandard(Invalid):
    """The county's catalogue has no such standard of that category."""

    code = "unknown_standard"
    zh, en = "该类别没有这条立案条件。", "The county's catalogue has no such case standard of this category."


class ConditionOpen(Invalid):
    """The standard says when a case may be closed."""

    code = "condition_open"
    zh, en = (
        "请确认已达到结案条件(close_condition_met)。",
        "The condition for closing has to be fulfilled: close_condition_met.",
    )


class CheckNeeded(Conflict):
    """Somebody has to look before it is closed."""

    code = "check_needed"
    zh, en = "该事件须经核查,不能免核查。", "This incident has to be looked at before it is closed."


class ReopenedBefore(Conflict):
    """Once an incident; then it is for supervision."""

    code = "reopened_before"
    zh, en = "该事件已重办过一次,请转督办。", "It was reopened once before; what is still wrong is for supervision."


class TooLateToObject(Conflict):
    """Feedback and objections have their days."""

    code = "too_late_to_object"
    zh, en = "反馈或异议的期限已过。", "The days for feedback or an objection are over."


class ContestedBefore(Conflict):
    """A rejection is looked at again once."""

    code = "contested_before"
    zh, en = "该事件的异议已复核过一次。", "The rejection was reviewed once before."


class UnknownGrid(Invalid):
    """Personnel told of no such grid."""

    code = "unknown_grid"
    zh, en = "没有这个网格;网格列表见 /personnel/v1/grids。", "There is no such grid; see /personnel/v1/grids."


class GridMissing(Invalid):
    """Nobody could check an incident that lies in no grid."""

    code = "grid_missing"
    zh, en = "该事件尚无网格,请填写 grid_code。", "The incident lies in no grid yet: say its grid_code."


class UnknownOrganisation(Invalid):
    """Personnel told of no such organisation, or that it was retired."""

    code = "unknown_organisation"
    zh = "没有这个单位,或已撤销;单位列表见 /personnel/v1/organisations。"
    en = "There is no such organisation, or it was retired; see /personnel/v1/organisations."


class OutsideEveryGrid(Invalid):
    """Nobody is responsible for the place, as far as we know."""

    code = "outside_every_grid"
    zh = "该位置不在任何网格内;请核对坐标,或填写 area_code。"
    en = "The location lies in no grid: check the coordinates, or say the area_code."


class PlaceMissing(Invalid):
    """A report has to say where."""

    code = "place_missing"
    zh, en = "请填写 location 或 area_code。", "Say where: give a location, or an area_code."


class FoundInTheFuture(Invalid):
    """A thing cannot have been found in the future."""

    code = "found_in_the_future"
    zh, en = "发现时间不得晚于现在。", "found_at may not be in the future."


class TimesInDisorder(Invalid):
    """What happened later has the later time."""

    code = "times_in_disorder"
    zh = "时间应依次为 found_at、reported_at、closed_at,且不得晚于现在。"
    en = "The times follow each other: found_at, reported_at, closed_at, and none of them is in the future."


class UnknownCategory(Invalid):
    """The county's catalogue has no such category in use."""

    code = "unknown_category"
    zh = "本县事项目录中没有启用的 {category};目录见 /incidents/v1/categories。"
    en = "The county's catalogue has no {category} in use; see /incidents/v1/categories."


class AlreadyReported(Conflict):
    """The caller's own number stands under an incident already."""

    code = "already_reported"
    zh, en = "该 reference 已上报过,事件编号 {incident_no}。", "Reported before under this reference, as {incident_no}."


class ReferredBefore(Conflict):
    """One incident is one case of mediation."""

    code = "referred_before"
    zh, en = "该事件已转调解过一次。", "It was handed to mediation before, and is so once."
