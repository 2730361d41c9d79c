"""The codes of reasons, results and places to go, as people read them."""

from typing import Final

from gridwhistle.common.problems import Term

CODES: Final = {
    "yes": Term("属实", "so it is"),
    "no": Term("不属实", "it is not so"),
    "unclear": Term("无法判定", "it cannot be told"),
    "not_ours": Term("不属本级职责", "not the township's business"),
    "nothing_there": Term("查无此事", "nothing of the kind is there"),
    "too_vague": Term("内容不清", "too vague"),
    "no_real_request": Term("无实际诉求", "nothing is asked for"),
    "already_decided": Term("已有处理结论", "decided before"),
    "withdrawn": Term("群众撤回", "withdrawn"),
    "emergency": Term("紧急警情", "an emergency"),
    "lawful_channel": Term("应走法定途径", "the law has another way"),
    "same_matter": Term("重复且无新事实", "the same matter, and nothing new"),
    "secret_or_private": Term("涉密或涉隐私", "a secret, or somebody's privacy"),
    "beyond_duty": Term("超出职责范围", "beyond what any office does"),
    "unlawful": Term("违法或违背公序良俗", "unlawful, or against decency"),
    "emergency_line": Term("110、119 或 120", "110, 119 or 120"),
    "court": Term("法院", "the court"),
    "arbitration": Term("仲裁机构", "arbitration"),
    "discipline_body": Term("纪检监察机关", "the discipline inspection"),
    "reconsideration": Term("行政复议机构", "administrative reconsideration"),
    "disclosure_office": Term("政府信息公开机构", "the disclosure office"),
    "petition_office": Term("信访部门", "the petition office"),
    "earlier_incident": Term("此前的事件", "your earlier incident"),
    "market_or_society": Term("市场或社会服务", "businesses or associations"),
    "nowhere": Term("无", "nowhere"),
    "not_our_duty": Term("不属本单位职责", "not our duty"),
    "not_our_area": Term("不属本单位辖区", "not our area"),
    "another_owner": Term("权属属于他方", "somebody else owns it"),
    "wrong_category": Term("立案类别有误", "filed under the wrong category"),
    "test": Term("测试数据", "a test"),
    "entered_twice": Term("重复录入", "entered twice"),
    "entered_wrongly": Term("录入错误", "entered wrongly"),
    "engineering": Term("需工程施工", "it takes building work"),
    "material": Term("等待材料", "material is awaited"),
    "weather": Term("天气原因", "the weather"),
    "other_organisation": Term("需他方配合", "somebody else has to do something first"),
    "law_or_permit": Term("需审批许可", "a permit is needed"),
    "owner_unreachable": Term("权属人联系不上", "the owner cannot be reached"),
    "satisfied": Term("满意", "satisfied"),
    "fairly_satisfied": Term("基本满意", "fairly satisfied"),
    "dissatisfied": Term("不满意", "dissatisfied"),
    "no_answer": Term("不评价", "says nothing"),
    "near": Term("近景", "from near"),
    "far": Term("远景", "from far"),
    "reference": Term("参照物", "beside something of known size"),
    "before": Term("处置前", "before"),
    "after": Term("处置后", "after"),
    "extension": Term("延期", "extension"),
    "suspension": Term("挂账", "suspension"),
    "void": Term("作废", "void"),
    "verification": Term("核实", "verification"),
    "check": Term("核查", "check"),
}


def word(code: str | None) -> Term:
    """Return a code in both languages; one that has no words stands for itself."""
    return CODES.get(code or "", Term(code or "–", code or "–"))
