"""A list of stock (储备目录) comes in as a file: types, how much there should be of each, and what lies at a storage point."""

from collections import Counter
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query as InQuery
from pydantic import BeforeValidator, Field
from sqlalchemy import select

from gridwhistle.common.commands import Command
from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Content, Db, Router
from gridwhistle.common.events.inventory_stock import Amount
from gridwhistle.common.ids import area_code_of
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import Conflict, Invalid, Term
from gridwhistle.common.reading import one
from gridwhistle.common.sheet_formats import BYTES_MAX, MEDIA_TYPES
from gridwhistle.common.sheet_heads import Heads
from gridwhistle.common.sheet_imports import NOTES_MAX, AnySheetQuery, ImportNote, Lines, Notes, Outcome, Taken, take_line
from gridwhistle.common.sheets import Line, Sheet, received
from gridwhistle.common.wire import View
from gridwhistle.inventory.stock.domain import PointClosed
from gridwhistle.inventory.stock.lot_tables import lots
from gridwhistle.inventory.stock.lots import LotNo
from gridwhistle.inventory.stock.moving import take_in, write_voucher
from gridwhistle.inventory.stock.norms import set_norm
from gridwhistle.inventory.stock.tables import norms, resource_types, storage_points

router = Router("inventory", "Stock 库存")
_AS_NEEDED: Final = frozenset({"按实际需求", "按需", "as needed"})
_BRANCH: Final = 99


def _number(text: Any) -> Any:
    """Return nothing for what is kept as needed: it has no number."""
    return None if isinstance(text, str) and text.strip() in _AS_NEEDED else text


class ListedLine(Line):
    """What a line of a stock list holds."""

    name: Annotated[str, Field(min_length=1, max_length=60), Term("名称", "name")]
    unit: Annotated[str, Field(min_length=1, max_length=10), Term("单位", "unit")] = "件"
    qty: Annotated[Amount | None, BeforeValidator(_number), Term("现有数量", "quantity")] = None
    required_qty: Annotated[Amount | None, BeforeValidator(_number), Term("最低储备", "required")] = None
    most_qty: Annotated[Amount | None, BeforeValidator(_number), Term("最高储备", "most")] = None


class ListQuery(AnySheetQuery):
    """Under which number the lots are kept, and what somebody else's file calls the columns."""

    lot_no: Annotated[LotNo, Field(description="Of every lot that begins with this list; a second run finds them by it.")] = (
        "OPENING"
    )
    source_ref: Annotated[str, Field(min_length=1, max_length=200, description="What says how much there should be.")]


class ListImported(View):
    """What became of the lines (of a dry run, what would), and those that are worth a look."""

    added: Lines
    unchanged: Lines
    notes: Notes
    dry_run: bool


class SaidTwice(Invalid):
    """A list says each type once."""

    code = "said_twice"
    zh, en = "同一物资出现两次。", "The same type stands there twice."


class NoCodeLeft(Conflict):
    """Below a branch 99 there are 98 codes."""

    code = "no_code_left"
    zh = "收容类目 199 下的代码已用完,请先在物资分类中自行编码。"
    en = "The codes below the branch 199 are used up; add the type to the catalogue with a code of your own."


@router.post("/storage_points/{storage_point_id}/import_list", may="stores:write", body_bytes_max=BYTES_MAX, takes=MEDIA_TYPES)
async def import_stock_list(
    storage_point_id: UUID, content: Content, query: Annotated[ListQuery, InQuery()], caller: Caller, db: Db
) -> ListImported:
    """Bring a list of stock in (储备目录): types by their names, how much there should be of each, and what lies there.

    The whole file is looked through first, and nothing is written unless every line is right. Then each line is a command of
    its own: a second run changes nothing. A type that the county has not gets the next code below the branch 199. What lies
    there is inspected by a keeper before it is available. What is kept as needed has no number, and is told in `notes`.
    """
    await db.replay()
    point = await one(db, caller, storage_points, storage_point_id)
    heads = Heads.of(query.columns, {}, [column.name for column in ListedLine.columns()]) if query.columns else None
    sheet = await received(content, ListedLine, heads)
    _look_through(sheet)
    sheet.check()
    counts: Counter[Outcome] = Counter()
    for row, line in sheet.lines:
        if query.dry_run:
            counts["unchanged" if await _is_there(db, point, line, query) else "added"] += 1
        else:
            come_in = partial(_take, caller, point, line, query)
            counts[await take_line(db, caller, f"stock|{point.id}", row, line, come_in)] += 1
    odd = [(row, code, term) for row, line in sheet.lines for code, term in _odd(line)]
    notes = [ImportNote(row=row, code=code, message=getattr(term, db.language)) for row, code, term in odd]
    told = ListImported(added=counts["added"], unchanged=counts["unchanged"], notes=notes[:NOTES_MAX], dry_run=query.dry_run)
    if query.dry_run:
        return told
    async with db.command(caller) as tx:
        return tx.answer(told)


def _look_through(sheet: Sheet[ListedLine]) -> None:
    seen: set[str] = set()
    for row, line in sheet.lines:
        if line.name in seen:
            sheet.wrong(row, "name", SaidTwice.code, Term(SaidTwice.zh, SaidTwice.en))
        seen.add(line.name)
        if line.most_qty is not None and (line.required_qty is None or line.most_qty < line.required_qty):
            sheet.wrong(
                row, "most_qty", "most_is_less", Term("最高储备须不低于最低储备", "must not be less than what is required")
            )


def _odd(line: ListedLine) -> list[tuple[str, Term]]:
    """Return what is worth a look in a line that is taken."""
    if line.qty is None:
        return [("as_needed", Term("没有数量(按实际需求),只建立类型", "it has no quantity, so only its type is there"))]
    if line.required_qty is None:
        return [("no_norm", Term("没有储备标准", "nothing says how much there should be"))]
    if line.qty < line.required_qty or line.qty > (line.most_qty or line.qty):
        return [("outside_the_norm", Term("现有数量不在标准范围内", "there is less or more than there should be"))]
    return []


async def _type_of(db: Work, county: str, name: str) -> Any:
    named = resource_types.c.county_code == county, resource_types.c.name == name, resource_types.c.withdrawn_at.is_(None)
    return await db.first(select(resource_types).where(*named).order_by(resource_types.c.code))


async def _is_there(db: Work, point: Any, line: ListedLine, query: ListQuery) -> bool:
    type_ = await _type_of(db, point.county_code, line.name)
    return type_ is not None and not await _lacks(db, point, type_, line, query)


async def _lacks(db: Work, point: Any, type_: Any, line: ListedLine, query: ListQuery) -> set[str]:
    """Return what of a line is not there yet: its norm, its lot."""
    lacks = set()
    own = norms.c.area_code == point.area_code, norms.c.type_id == type_.id, norms.c.withdrawn_at.is_(None)
    if line.required_qty is not None and await db.first(select(norms.c.id).where(*own)) is None:
        lacks.add("norm")
    lies = lots.c.point_id == point.id, lots.c.type_id == type_.id, lots.c.lot_no == query.lot_no
    if line.qty is not None and await db.first(select(lots.c.id).where(*lies)) is None:
        lacks.add("lot")
    return lacks


async def _take(caller: Principal, point: Any, line: ListedLine, query: ListQuery, db: Work) -> Outcome:
    async with db.command(caller, storage_points, point.id) as tx:
        if tx.row.closed_at:
            raise PointClosed
        type_ = await _type_of(db, point.county_code, line.name)
        lacks = {"norm", "lot"} if type_ is None else await _lacks(db, point, type_, line, query)
        outcome: Outcome = "added" if lacks else "unchanged"
        type_ = type_ or await _new_type(tx, point, line, query)
        if "norm" in lacks and line.required_qty is not None:
            wanted: dict[str, Any] = {
                "required_qty": line.required_qty,
                "most_qty": line.most_qty,
                "source_ref": query.source_ref,
            }
            about: dict[str, Any] = {"area_code": point.area_code, "type_id": type_.id, "type_code": type_.code}
            await set_norm(tx, **about, **wanted)
        if "lot" in lacks and line.qty is not None:
            voucher = write_voucher(tx, "receipt", point.id, point.area_code, came=[(type_.code, line.qty)])
            lasts: dict[str, Any] = dict.fromkeys(("supplier", "made_on", "expires_on"))
            what: dict[str, Any] = {"lot_no": query.lot_no, "qty": line.qty, "source": "purchase"}
            take_in(tx, voucher, type_.id, type_.code, action="take_over", **what, **lasts)
        return tx.answer(Taken(outcome=outcome)).outcome


async def _new_type(tx: Command, point: Any, line: ListedLine, query: ListQuery) -> Any:
    there = resource_types.c.county_code == point.county_code, resource_types.c.code.like("199__00")
    used = {row.code for row in await tx.db.fetch(select(resource_types.c.code).where(*there))}
    code = next((code for number in range(1, _BRANCH) if (code := f"199{number:02}00") not in used), None)
    if code is None:
        raise NoCodeLeft
    about: dict[str, Any] = {
        "area_code": area_code_of(point.county_code),
        "parent_code": "1990000",
        "is_local": True,
        "source_ref": query.source_ref,
    }
    return tx.create(
        resource_types, None, code=code, name=line.name, unit=line.unit, is_hazardous=False, is_daily=False, **about
    )
