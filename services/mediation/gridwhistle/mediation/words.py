"""Words that every noun uses: what is said for the record, and the kinds of dispute."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from gridwhistle.common.problems import Term

PaperNo = Annotated[str, Field(pattern=r"^[^\s\x00-\x1f\x7f\x85]{2,60}$", examples=["示公接〔2026〕118号"])]
"""The number of a paper: a letter, a receipt, a ruling, a proof; NEL (U+0085) is a blank that no `\\s` of JSON Schema means."""
PartyIds = Annotated[list[UUID], Field(min_length=2, max_length=40)]
"""All parties, who do something together."""
DISPUTES: Final[Mapping[str, Term]] = {
    "D01": Term("婚姻家庭", "marriage and family"),
    "D02": Term("邻里", "between neighbours"),
    "D03": Term("房屋宅基地", "houses and homesteads"),
    "D04": Term("合同", "contracts"),
    "D05": Term("生产经营", "production and trade"),
    "D06": Term("损害赔偿", "damages"),
    "D07": Term("山林土地", "forests and land"),
    "D08": Term("征地拆迁", "land taken and houses pulled down"),
    "D09": Term("环境污染", "pollution"),
    "D10": Term("劳动争议", "labour"),
    "D11": Term("消费", "consumers"),
    "D12": Term("医疗", "medical"),
    "D13": Term("道路交通事故", "road accidents"),
    "D14": Term("物业", "property management"),
    "D15": Term("村务管理", "village affairs"),
    "D16": Term("电子商务与其他网络", "online trade and other networks"),
    "D99": Term("其他", "other"),
}
"""The kinds of dispute (纠纷类型) as monthly returns count them."""
