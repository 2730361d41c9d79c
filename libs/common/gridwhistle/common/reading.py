"""The two ways in which services show rows: one by its id, many by pages; jurisdiction in both."""

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Table, select

from gridwhistle.common.database import Db
from gridwhistle.common.jurisdiction import in_area, within
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import NotFound
from gridwhistle.common.rows import thing_of
from gridwhistle.common.wire import Keyset, Page, PageQuery, View

V = TypeVar("V", bound=View)


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
    db: Db, caller: Principal, table: Table, order: Keyset, query: PageQuery, view: type[V], *asked: ColumnElement[bool]
) -> Page[V]:
    """Return a page of the rows of the caller's jurisdiction for which all that is asked holds."""
    shown = list(view.model_fields)
    columns = [table.c[name] for name in shown] + [column for column in order.columns if column.name not in shown]
    rows = await db.fetch(order.page(select(*columns).where(within(table, caller), *asked), query))
    rows, next_cursor = order.cut(rows, query)
    items = [view.holding(dict(zip(shown, row, strict=False))) for row in rows]  # the columns of the order come last
    return Page[view].model_construct(items=items, next_cursor=next_cursor)  # type: ignore[valid-type]


def filters(table: Table, query: PageQuery) -> list[ColumnElement[bool]]:
    """Return what a query asks for, where its fields are columns of the table; an `area_code` asks for all that lies in it."""
    asked = {name: value for name, value in query if name in table.c and value is not None}
    return [in_area(table, value) if name == "area_code" else table.c[name] == value for name, value in asked.items()]
