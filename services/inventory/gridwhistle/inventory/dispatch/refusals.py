"""Why something is not done with a dispatch order, in the words of whoever asks, keeps or receives."""

from gridwhistle.common.problems import Conflict, Forbidden, Invalid


class NotYourOrder(Forbidden):
    """An order is its requester's; in an emergency the commander's as well."""

    code = "not_your_order"
    zh, en = "只能由申请人或应急指挥员办理。", "Only who asked for it, or the emergency commander, does that."


class NoEmergency(Forbidden):
    """A commander decides about what is for a response, or an emergency."""

    code = "no_emergency"
    zh = "指挥员只审批应急或响应期间的调拨单;其他由物资管理员审批。"
    en = "A commander decides about orders of an emergency or a response; the inventory manager decides about the others."


class IssuedByYou(Forbidden):
    """Who gives out does not receive."""

    code = "issued_by_you"
    zh, en = "出库由您办理,须由他人签收。", "You issued it, so somebody else receives it."


class ResolvedByYou(Forbidden):
    """What became of the missing pieces is what both sides say."""

    code = "resolved_by_you"
    zh, en = "差异由您处理,须由收货一方确认。", "You said what became of it, so the side that received it agrees."


class CountsAgree(Conflict):
    """What has all come is settled, and what has not is disputed."""

    code = "nothing_is_missing"
    zh, en = "实收与出库一致,请直接结清。", "All that was issued has come; settle it."


class SomethingIsMissing(Conflict):
    """What has not all come is disputed before it is settled."""

    code = "something_is_missing"
    zh, en = "实收与出库不一致,请提出异议。", "Not all that was issued has come, or something is damaged; dispute it."


class NothingToApprove(Conflict):
    """What was issued in an emergency is approved afterwards, once."""

    code = "nothing_to_approve"
    zh, en = "该调拨单无须补批,或已补批。", "The order was not issued in an emergency, or was approved afterwards already."


class PointNeeded(Invalid):
    """What is approved comes from somewhere."""

    code = "storage_point_needed"
    zh = "请填写您管辖范围内、未停用的出库储备点 point_id,且不得与目的地相同。"
    en = "Say from which storage point (point_id): one of your area that is open, and not where the order goes to."


class StoreElsewhere(Forbidden):
    """Who keeps a store gives out of it."""

    code = "store_elsewhere"
    zh, en = "出库储备点不在您的管辖范围内。", "It comes from a storage point outside your area; its own keeper does that."


class CameToAStore(Conflict):
    """What came to another storage point lies in lots of its own there."""

    code = "came_to_a_store"
    zh, en = (
        "物资已在调入储备点入库,退回须另行调拨。",
        "It lies in lots of the other storage point now; order it back from there.",
    )


class ArrivesBeforeItLeft(Invalid):
    """Nobody arrives before they leave."""

    code = "arrives_before_it_left"
    zh, en = "预计到达时间 eta_at 须晚于现在。", "The time of arrival (eta_at) lies ahead."


class DestinationNeeded(Invalid):
    """What goes to another storage point names it."""

    code = "destination_needed"
    zh = "目的地为储备点时,to_id 须为该地区未停用的储备点。"
    en = "When it goes to a storage point, to_id is one that lies in the order's area and is open."


class ItemsDiffer(Invalid):
    """Each item is said once, and none that the order has not."""

    code = "items_differ"
    zh, en = "每个明细须恰好填写一次,且属于该调拨单。", "Say each item of the order once, and no others."


class TooMuch(Invalid):
    """Nobody approves more than was asked for, nor receives more than was issued, nor gives back more than was received."""

    code = "too_much"
    zh = "批准量不得超过申请量,签收量不得超过出库量,退回量不得超过实收量。"
    en = "Approve no more than was asked for, receive no more than was issued, give back no more than was received."


class NothingApproved(Invalid):
    """An order of which nothing is approved is rejected."""

    code = "nothing_approved"
    zh, en = "未批准任何物资,请改为驳回。", "Nothing of it is approved; reject it instead."


class NotAccountedFor(Invalid):
    """What was issued was received, damaged or lost, to the last piece."""

    code = "not_accounted_for"
    zh = "每个明细的实收、损坏与丢失之和须等于出库量;调入储备点的实收量以入库批次为准,不再更改。"
    en = "Of each item what was received, damaged and lost makes what was issued; what came to a storage point stays as it is."
