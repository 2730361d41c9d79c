"""What an endpoint asks for, read from its signature once, and filled from each request."""

import inspect
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import parse_qsl

from fastapi.params import Header
from pydantic import BaseModel, TypeAdapter, ValidationError

from gridwhistle.common import wire
from gridwhistle.common.database import Db
from gridwhistle.common.files import Files
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import BadHeader, NoBodyExpected, NotFound, Term, UnknownParameter

if TYPE_CHECKING:
    from starlette.types import Scope

_QUERY_FIELDS_MAX: Final = 50
QUERIED: Final = r"^[^\x00-\x1f\ufffd]*$"
"""What a text in a query is: one line, of characters that its bytes are."""
_queried: Final = re.compile(QUERIED).fullmatch
Hand = Literal["caller", "db", "files"]
"""What the edge hands to an endpoint besides what was sent."""
_HANDS: Final[dict[Any, Hand]] = {Principal: "caller", Db: "db", Files: "files"}


class Signature:
    """The parameters of an endpoint by what they are filled from."""

    def __init__(self, endpoint: Callable[..., Any], in_path: set[str], *, takes_files: bool) -> None:
        """Read the endpoint's signature.

        Raises:
            TypeError: it asks for what the edge does not give.
        """
        self.path: dict[str, TypeAdapter[Any]] = {}
        self.body: tuple[str, type[BaseModel]] | None = None
        self.query: tuple[str, type[BaseModel]] | None = None
        self.content: str | None = None
        self.headers: dict[str, tuple[Header, TypeAdapter[Any]]] = {}
        self.hands: dict[str, Hand] = {}
        for name, parameter in inspect.signature(endpoint, eval_str=True).parameters.items():
            kind = parameter.annotation
            base = getattr(kind, "__origin__", kind)
            if name in in_path:
                self.path[name] = TypeAdapter(kind)
            elif header := next((part for part in getattr(kind, "__metadata__", ()) if isinstance(part, Header)), None):
                self.headers[name] = header, TypeAdapter(kind)
            elif base in _HANDS:
                self.hands[name] = _HANDS[base]
            elif base is bytes and takes_files:
                self.content = name
            elif isinstance(base, type) and issubclass(base, wire.Body):
                self.body = (name, base)
            elif isinstance(base, type) and issubclass(base, wire.Query):
                self.query = (name, base)
            else:
                raise TypeError(f"{endpoint.__name__}: the edge cannot give {name}")
        self.caller = next((name for name, what in self.hands.items() if what == "caller"), None)
        self._known_parameters = frozenset(self.query[1].model_fields) if self.query else frozenset()

    def arguments(self, scope: "Scope", raw: bytes) -> dict[str, Any]:
        """Return what a request fills.

        Raises:
            NotFound: the path names no thing.
            BadHeader: a header that is asked for is not there, or not of its form.
            UnknownParameter: the query says what nobody asks.
            Invalid: body or query are not valid, or there is a body where none is expected.
        """
        arguments: dict[str, Any] = {}
        for name, adapter in self.path.items():
            try:
                arguments[name] = adapter.validate_strings(scope["path_params"][name])
            except ValidationError:
                raise NotFound(thing=Term("对象", "thing")) from None
        for name, (header, adapter) in self.headers.items():
            arguments[name] = _header(scope, header, adapter)
        query: Any = self.query_of(scope)
        if self.query:
            try:
                arguments[self.query[0]] = self.query[1].__pydantic_validator__.validate_strings(query)
            except ValidationError as error:
                raise wire.not_valid(error, where="?") from None
        if self.content:
            arguments[self.content] = raw
        elif not self.body and raw.strip() not in {b"", b"{}"}:
            raise NoBodyExpected
        if self.body:
            wire.check_json(raw or b"{}")
            try:
                arguments[self.body[0]] = self.body[1].__pydantic_validator__.validate_json(raw or b"{}")
            except ValidationError as error:
                raise wire.not_valid(error) from None
        return arguments

    def query_of(self, scope: "Scope") -> dict[str, str]:
        """Return the parameters of a request's query, each known and said once."""
        if not scope["query_string"]:
            return {}
        known = [Term(name, name) for name in sorted(self._known_parameters)]
        try:
            pairs = parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True, max_num_fields=_QUERY_FIELDS_MAX)
        except ValueError:
            raise UnknownParameter(known=known) from None
        query = dict(pairs)
        if len(query) != len(pairs) or not query.keys() <= self._known_parameters:
            raise UnknownParameter(known=known)
        if not all(_queried(value) for value in query.values()):
            raise UnknownParameter(known=known)
        return query


def _header(scope: "Scope", header: Header, adapter: TypeAdapter[Any]) -> Any:
    """Return what the request says in a header, which names itself by its alias and its form by its title."""
    wanted = str(header.alias).lower().encode()
    said = [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]
    try:
        return adapter.validate_strings(said[0] if len(said) == 1 else None)
    except ValidationError:
        raise BadHeader(header=str(header.alias), form=str(header.title)) from None
