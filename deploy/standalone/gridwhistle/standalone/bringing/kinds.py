"""What can be brought in: of each kind its line, what is looked at before, how it comes in, and an example."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gridwhistle.common.principal import HISTORY
from gridwhistle.common.sheets import Line, Sheet
from gridwhistle.inventory.places.shelter_lines import ShelterSheetLine
from gridwhistle.inventory.stock.stock_files import ListedLine
from gridwhistle.standalone.bringing import files, rows
from gridwhistle.standalone.bringing.api import Api
from gridwhistle.standalone.bringing.lines import (
    ReportLine,
    VolunteerLine,
    WorkerLine,
    look_through_reports,
    look_through_volunteers,
    look_through_workers,
)
from gridwhistle.standalone.bringing.rows import Import

Work = Callable[[Api, Sequence[tuple[int, Any]], Import], Awaitable[None]]


@dataclass(frozen=True)
class Kind:
    """A kind of thing that files hold."""

    line: type[Line]
    bring: Work
    role: str
    """Whose token brings it in."""
    example: Mapping[str, str]
    check: Callable[[Sheet[Any]], None] | None = None
    """Notes what is wrong with rows beside each other; where the service reads the file itself, `ask` has it look."""
    ask: Work | None = None
    scope: str = ""
    constants: tuple[str, ...] = ()
    """What is said of the whole file and is no column; those that the service asks for come first."""
    times: tuple[str, ...] = ()


KINDS: Final[Mapping[str, Kind]] = {
    "reports": Kind(
        ReportLine,
        rows.bring_reports,
        "integrator",
        {
            "row_id": "SH20260706-0042",
            "title": "井盖缺失",
            "description": "路口东侧井盖缺失,已放置警示桩。",
            "found_at": "2026-07-06 08:30:00",
            "closed_at": "2026-07-07 17:00:00",
            "area_code": "990101001001",
            "lon": "120.1551",
            "lat": "30.2741",
            "coord_sys": "gcj02",
            "address_text": "示例路 1 号门前",
            "category": "C-0101",
            "request_type": "投诉",
            "lead_org": "990101-water",
            "source": "12345热线",
            "urgency": "一般",
        },
        check=look_through_reports,
        scope=f"incidents:report_many {HISTORY}",
        times=("found_at", "reported_at", "closed_at"),
    ),
    "workers": Kind(
        WorkerLine,
        rows.bring_workers,
        "county_admin",
        {
            "name": "网格员甲",
            "area_code": "990101001001",
            "org": "990101-water",
            "employment": "专职",
            "grid_codes": "990101001001001|990101001001002",
            "duty": "专职网格员",
        },
        check=look_through_workers,
    ),
    "volunteers": Kind(
        VolunteerLine,
        rows.bring_volunteers,
        "station_clerk",
        {
            "name": "志愿者甲",
            "phone": "13800138000",
            "real_name_token": "rn-7f3a91c2",
            "birth_year": "1978",
            "area_code": "990101001001",
            "kind": "志愿者",
            "insured_until": "2027-06-30",
        },
        check=look_through_volunteers,
    ),
    "shelters": Kind(
        ShelterSheetLine,
        files.bring_shelters,
        "inventory_manager",
        {
            "code": "S-001",
            "name": "示例广场",
            "level": "村级",
            "kind": "固定短期",
            "space": "场地",
            "area_code": "990101001001",
            "address": "示例路 1 号",
            "lon": "120.1551",
            "lat": "30.2741",
            "coord_sys": "gcj02",
            "area_m2": "2650",
            "services": "供水|厕所",
        },
        ask=files.ask_about_shelters,
    ),
    "stock": Kind(
        ListedLine,
        files.bring_stock,
        "inventory_manager",
        {"name": "棉被", "unit": "床", "qty": "1500", "required_qty": "1500", "most_qty": "3000"},
        ask=files.ask_about_stock,
        constants=files.OF_A_LIST,
    ),
}
