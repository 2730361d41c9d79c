"""What is refused when a case is closed, in words for the people who asked."""

from gridwhistle.common.problems import Conflict, Forbidden


class PapersMissing(Conflict):
    """What may not be missing in a file."""

    code = "papers_missing"
    zh, en = "卷宗尚缺:{missing}。", "The file lacks: {missing}."


class EnoughPapers(Conflict):
    """As many as can be shown."""

    code = "enough_papers"
    zh, en = "一案最多登记 {most} 件材料。", "A file has {most} papers at most."


class CountsToldInWhole(Forbidden):
    """Who sees no cases is told numbers from which none that is smaller follows."""

    code = "counts_told_in_whole"
    zh = "无权查看案件的,统计只按纠纷类型提供,月份须已结束,地区须为整个县或乡镇。"
    en = "Who sees no cases is told counts by kind of dispute, of months that are over, and of whole counties or townships."
