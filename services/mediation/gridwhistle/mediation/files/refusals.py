"""What is refused when a case is closed, in words for the people who asked."""

from gridwhistle.common.problems import Conflict


class PapersMissing(Conflict):
    """What may not be missing in a file."""

    code = "papers_missing"
    zh, en = "卷宗尚缺:{missing}。", "The file lacks: {missing}."


class EnoughPapers(Conflict):
    """As many as can be shown."""

    code = "enough_papers"
    zh, en = "一案最多登记 {most} 件材料。", "A file has {most} papers at most."
