"""What a service does when others speak: copies of their data, and commands that follow from their facts.

A service says it once, in its `consumers.py`; `hearing` lets it take effect.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID, uuid5

from sqlalchemy import Table

from gridwhistle.common.database import Db
from gridwhistle.common.events import Envelope, Event
from gridwhistle.common.statements import written_columns

Things = Callable[[Envelope[Any], Db], Awaitable[Sequence[UUID]]]
Handler = Callable[[Envelope[Any], UUID, Db], Awaitable[None]]
_Handler = TypeVar("_Handler", bound=Handler)


async def _its_own(event: Envelope[Any], _db: Db) -> Sequence[UUID]:
    return [event.aggregate_id]


@dataclass(frozen=True, slots=True)
class _Copy:
    table: Table
    why: str
    by: str | None
    from_data: list[str]
    from_envelope: list[str]

    def row(self, event: Envelope[Any]) -> dict[str, Any]:
        row: dict[str, Any] = dict.fromkeys(self.table.c.keys())
        row.update((name, getattr(event, name)) for name in self.from_envelope)
        row.update((name, getattr(event.data, name)) for name in self.from_data)
        row["id"] = uuid5(event.aggregate_id, str(row[self.by])) if self.by else event.aggregate_id
        return row


class Consumer:
    """The copies and handlers of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._copies: dict[type[Event], list[_Copy]] = defaultdict(list)
        self._handlers: dict[type[Event], list[tuple[Things, Handler]]] = defaultdict(list)

    def copies(self, *kinds: type[Event], into: Table, why: str, by: str | None = None) -> None:
        """Keep a copy of things in a table whose columns are called as the fields of their events. Copies decide nothing.

        Args:
            kinds: the events that a row is made from, each anew; a field that one of them lacks is empty then.
            into: the table; `id` and `event_no` are the event's thing and number.
            why: a sentence for the document of events.
            by: a field for each of whose values a thing has a row of its own, which stays as it was last told; such a row
                says whose it is in its column `aggregate_id`.

        Raises:
            TypeError: a column that must not be empty is no field of an event.
            ValueError: a kind is copied into the table already.
        """
        for kind in kinds:
            if any(copy.table is into for copy in self._copies[kind]):
                raise ValueError(f"{kind.type} is copied twice into {into.name}")
            from_data = [column.name for column in into.c if column.name in kind.model_fields]
            rest = {column.name for column in written_columns(into)} - set(from_data) - {"id"}
            from_envelope = sorted(rest & Envelope.__dataclass_fields__.keys())
            if unknown := [name for name in rest.difference(from_envelope) if not into.c[name].nullable]:
                raise TypeError(f"{kind.__name__} says nothing for {into.name}: {', '.join(sorted(unknown))}")
            self._copies[kind].append(_Copy(into, why, by, from_data, from_envelope))

    def on(self, kind: type[Event], *, each: Things = _its_own) -> Callable[[_Handler], _Handler]:
        """Do something: `async def handler(event, thing_id, db)`, one command a thing, once an event.

        Args:
            kind: of the event.
            each: returns the things that an event concerns; without it, the one it happened to.

        Raises:
            ValueError: another handler of the kind has this name, by which it is known what was done.
        """

        def register(handler: _Handler) -> _Handler:
            if any(other.__name__ == handler.__name__ for _, other in self._handlers[kind]):
                raise ValueError(f"{kind.type} has two handlers called {handler.__name__}")
            self._handlers[kind].append((each, handler))
            return handler

        return register

    @property
    def kinds(self) -> set[type[Event]]:
        """The kinds of events that something follows from."""
        return {*self._copies, *self._handlers}

    @property
    def copied(self) -> dict[Table, set[type[Event]]]:
        """The tables of copies, and the kinds of events that each is made from."""
        tables: dict[Table, set[type[Event]]] = defaultdict(set)
        for kind, copies in self._copies.items():
            for copy in copies:
                tables[copy.table].add(kind)
        return tables

    def filters(self) -> dict[str, list[str]]:
        """Return the subjects to hear, by producing service: whole things, so that their numbers have no gaps.

        Of its own events a service hears the kinds that it asked for: its rows are the truth, whatever the order.
        """
        subjects: dict[str, set[str]] = defaultdict(set)
        for kind in self.kinds:
            own = kind.service == self.service
            subjects[kind.service].add(f"gw.*{kind.type[2:]}" if own else f"gw.*.{kind.service}.{kind.aggregate}.>")
        return {service: sorted(names) for service, names in subjects.items()}

    def rows_of(self, event: Envelope[Any]) -> list[tuple[Table, dict[str, Any]]]:
        """Return the rows of the copies that follow from an event, each with its table."""
        return [(copy.table, copy.row(event)) for copy in self._copies.get(type(event.data), ())]

    def handlers_of(self, event: Envelope[Any]) -> Sequence[tuple[Things, Handler]]:
        """Return what is to be done about an event: which things it concerns, and what happens to each."""
        return self._handlers.get(type(event.data), ())

    def hears(self) -> dict[type[Event], list[str]]:
        """Return the kinds of events that are used, and what for: the first lines of what the functions say of themselves."""
        used: dict[type[Event], list[str]] = defaultdict(list)
        for kind, copies in self._copies.items():
            used[kind] += [copy.why for copy in copies]
        for kind, handlers in self._handlers.items():
            used[kind] += [_first_line(handler) for _, handler in handlers]
        return dict(used)


def _first_line(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").strip().partition("\n")[0]
