"""The two ways in which services show rows: one by its id, many by pages; jurisdiction in both."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, select

from gridwhistle.common.database import Db
from gridwhistle.common.jurisdiction import in_areas, within
from gridwhistle.common.moved import MOVED, today
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import NotFound
from gridwhistle.common.queries import Question, question
from gridwhistle.common.rows import thing_of
from gridwhistle.common.wire import Keyset, Page, PageQuery, View

V = TypeVar("V", bound=View)
Q = TypeVar("Q", bound=PageQuery)
Asked = Callable[[Q], Sequence[ColumnElement[bool]]]


async def one(db: Db, caller: Principal, table: Table, id_: UUID) -> Any:
    """Return a row of the caller's jurisdiction.

    Raises:
        NotFound: there is none, or none that the caller may see.
    """
    row = await db.first(select(table).where(table.c.id == id_, within(table, caller)))
    if row is None:
        raise NotFound(thing=thing_of(table))
    return row


async def page(
    db: Db, caller: Principal, table: Table, order: Keyset, query: Q, view: type[V], asked: "Asked[Q] | None" = None
) -> Page[V]:
    """Return a page of the rows of the caller's jurisdiction for which all that is asked holds.

    An `area_code` of the query asks for all that lies in the area, whatever codes its parts had when it was put there.

    Args:
        db: where they are.
        caller: whose jurisdiction it is.
        table: which rows.
        order: in which they come.
        query: what is asked.
        view: what is shown of a row: columns of the table.
        asked: what the query asks for, as predicates; `filters` of the table, if left out.
    """
    areas = await _areas(db, table, query)
    rows = await db.ask(_page(caller, table, order, query, view, asked, areas))
    lines, next_cursor = order.cut(rows, query)
    shown = view.__pydantic_fields__  # the columns of the order come last, and are not shown
    items = [view.holding(dict(zip(shown, line, strict=False))) for line in lines]
    return Page[view].model_construct(items=items, next_cursor=next_cursor)  # type: ignore[valid-type]


async def page_seen(db: Db, seen: ColumnElement[bool], table: Table, order: Keyset, query: PageQuery, view: type[V]) -> Page[V]:
    """Return a page of the rows that the query asks for, where who sees which is more than a matter of area (`seen`)."""
    columns = [table.c[name] for name in view.model_fields]
    areas = await _areas(db, table, query)
    wanted = [*filters(table, query), *([in_areas(table, areas)] if areas else [])]
    rows = await db.fetch(order.page(select(*columns).where(seen, *wanted), query))
    lines, next_cursor = order.cut(rows, query)
    return Page[view].model_construct(items=[view.of(line) for line in lines], next_cursor=next_cursor)  # type: ignore[valid-type]


async def _areas(db: Db, table: Table, query: PageQuery) -> tuple[str, ...]:
    """Return under which codes lies what a query asks for, if it asks for an area."""
    if "area_code" in table.c and (area_code := getattr(query, "area_code", None)):
        return (await MOVED.of(db)).prefixes(await today(db, area_code))
    return ()


@lru_cache(maxsize=256)
def _page(
    caller: Principal,
    table: Table,
    order: Keyset,
    query: Q,
    view: type[View],
    asked: "Asked[Q] | None",
    areas: tuple[str, ...],
) -> Question:
    """Return the query for a page. The same people look at the same lists, and making it costs as much as sending it."""
    shown = view.__pydantic_fields__
    columns = [table.c[name] for name in shown] + [column for column in order.columns if column.name not in shown]
    wanted = [*(asked(query) if asked else filters(table, query)), *([in_areas(table, areas)] if areas else [])]
    return question(order.page(select(*columns).where(within(table, caller), *wanted), query))


def filters(table: Table, query: PageQuery) -> list[ColumnElement[bool]]:
    """Return what a query asks for, where its fields are columns of the table, besides the area."""
    asked = {name: value for name, value in query if name in table.c and name != "area_code" and value is not None}
    return [table.c[name] == value for name, value in asked.items()]


async def last_of(db: Db, rows: Select[*tuple[Any, ...]], order: ColumnElement[Any], most: int) -> list[Any]:
    """Return the newest rows of a query, the oldest of them first: of what may be more than is shown."""
    return (await db.fetch(rows.order_by(order.desc()).limit(most)))[::-1]
