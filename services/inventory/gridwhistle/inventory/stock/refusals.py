"""Why something is not done with stock, in the words of whoever keeps it."""

from gridwhistle.common.problems import Conflict, Invalid


class CountsDiffer(Conflict):
    """Two persons count what comes in, and both find the same."""

    code = "counts_differ"
    zh = "两人清点数量不一致,请共同重新清点;确有差异的,先退回复检,再由另一人验收。"
    en = "The two counts differ: count again together. If it stays so, reject the lot and receive what is there."


class Expired(Conflict):
    """What is past its last day is given out no more."""

    code = "lot_expired"
    zh, en = "该批次已过期,不能再入可用库存。", "The lot is past its last day and cannot be available any more."


class NotNearExpiry(Conflict):
    """What is good for long is neither rotated nor scrapped."""

    code = "not_near_expiry"
    zh = "该批次未临期,不能轮换或报废;有问题的请先隔离。"
    en = "The lot is not near its last day, so it is neither rotated nor scrapped; quarantine it first if something is wrong."


class StillReserved(Conflict):
    """What an order was promised stays until the order gives it back."""

    code = "still_reserved"
    zh = "该批次仍有订单占用,请先取消或重新分配这些订单。"
    en = "Orders have been promised some of this lot; cancel them or allocate them anew first."


class NotEnoughStock(Conflict):
    """Nothing is promised twice."""

    code = "not_enough_stock"
    zh = "该储备点可用库存不足;可减少批准数量、另选储备点,或等待补充。"
    en = "There is not enough at this storage point that is free: approve less, choose another one, or wait for more to come."


class LotNotAvailable(Conflict):
    """What was promised has been quarantined, or is past its last day."""

    code = "lot_not_available"
    zh = "订单占用的批次已隔离或过期,请先重新分配。"
    en = "A lot that the order was promised is quarantined or past its last day; allocate the order anew."


class MadeAfterExpiry(Invalid):
    """Nothing ends before it is made, or comes in when it is over."""

    code = "made_after_expiry"
    zh, en = "生产日期须早于到期日,且入库时尚未到期。", "A lot is made before its last day, and comes in before it."


class PointHoldsNothing(Invalid):
    """What is promised lies elsewhere until it is delivered."""

    code = "point_holds_nothing"
    zh = "产能储备点没有实物,不能入库。"
    en = "At a point of capacity there is nothing yet, so nothing is received there."


class TypeNotHere(Invalid):
    """A lot is of a type of its county's catalogue, or of the standard's."""

    code = "type_not_here"
    zh, en = "本县物资分类中没有启用的该类型。", "The county's catalogue has no such type in use."


class GoodsOnTheWay(Conflict):
    """What goes to a storage point has somewhere to arrive."""

    code = "goods_on_the_way"
    zh = "有调拨物资将运往该储备点,请先签收,或取消相关调拨单,再停用。"
    en = "Supplies are promised to this storage point, or on their way: receive them, or cancel their orders; then close it."


class AdjustedSince(Conflict):
    """Two counts that found the same are one loss."""

    code = "adjusted_since"
    zh, en = (
        "盘点之后该批次已调整过,请作废本次盘点并重新清点。",
        "The lot was adjusted since this count; dismiss it, and count again.",
    )


class LotEnded(Conflict):
    """What is gone is not counted."""

    code = "lot_ended"
    zh, en = "该批次已轮换或报废,不能再盘点。", "The lot was rotated or scrapped, so it is not counted any more."


class NormThere(Conflict):
    """An area has one norm for a type."""

    code = "norm_there"
    zh, en = "该地区对此类物资已有储备标准,请先停用。", "The area has a norm for this type already; withdraw that one first."


class NormTooLarge(Invalid):
    """A norm is an amount that somebody could have."""

    code = "norm_too_large"
    zh = "人数、人均量与倍数相乘超过 {most},请核对。"
    en = "persons, per_person and factor make more than {most}; check them."


class NormWithdrawn(Conflict):
    """What was withdrawn is not withdrawn again."""

    code = "norm_withdrawn"
    zh, en = "该储备标准已停用。", "The norm is not in use any more."


class PlanTooLarge(Invalid):
    """A plan is looked through by a person."""

    code = "plan_too_large"
    zh = "储备标准超过 {most} 条,请按 type_code 分别查询。"
    en = "There are more than {most} norms: ask for one type at a time (type_code)."


class SumIncomplete(Invalid):
    """A norm is a number, or what so many people need."""

    code = "norm_incomplete"
    zh = "请填写 required_qty,或同时填写 persons 与 per_person;最高量不得低于标准。"
    en = "Say required_qty, or persons and per_person together; the most is not less than what is required."
