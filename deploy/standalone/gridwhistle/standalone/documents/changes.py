"""What a change of an event's schema would break for those who read the event already."""

from collections.abc import Iterator
from typing import Any, Final

Schema = dict[str, Any]
_LOWER_BOUNDS: Final = ("minimum", "minLength", "minItems")
_UPPER_BOUNDS: Final = ("maximum", "maxLength", "maxItems")
_WORDS: Final = ("enum", "x-extensible-enum")
_EXACT: Final = ("const", "format", "pattern")


def breaking(before: Schema, after: Schema, at: str = "") -> Iterator[str]:
    """Yield a sentence for each thing that breaks readers, or makes events of the past unreadable.

    New fields that may be missing, new words and wider bounds break nothing. A field that is called otherwise is one that is
    gone and one that is new. What cannot be told, as with two patterns, counts as broken.
    """
    was, now = _branches(before), _branches(after)
    here = f"`{at}`" if at else "the event"
    if _takes_null(before) != _takes_null(after):
        yield f"{here} may be null {'no more' if _takes_null(before) else 'now'}"
    if len(was) == len(now) == 1:
        yield from _breaking_of_one(was[0], now[0], at, here)
        return
    for branch in was:
        if all(list(breaking(branch, other, at)) for other in now):
            yield f"{here} lost one of its forms"


def _breaking_of_one(before: Schema, after: Schema, at: str, here: str) -> Iterator[str]:
    if before.get("type") != after.get("type"):
        yield f"{here} was {before.get('type', 'anything')} and is {after.get('type', 'anything')}"
        return
    for name in _EXACT:
        if before.get(name) != after.get(name) and not (name == "const" and before.get(name) in after.get("enum", ())):
            yield f"{here} has another {name}"
    for name in _WORDS:
        if gone := [word for word in before.get(name, ()) if word not in _words(after)]:
            yield f"{here} lost {', '.join(f'`{word}`' for word in gone)}"
    for name in _narrower(before, after):
        yield f"{here} has a narrower {name}"
    if "items" in before and "items" in after:
        yield from breaking(before["items"], after["items"], f"{at}[]")
    yield from _breaking_of_fields(before, after, at)


def _breaking_of_fields(before: Schema, after: Schema, at: str) -> Iterator[str]:
    was, now = before.get("properties", {}), after.get("properties", {})
    needed, needed_now = set(before.get("required", ())), set(after.get("required", ()))
    for name, field in was.items():
        inside = f"{at}.{name}" if at else name
        if name not in now:
            yield f"`{inside}` is gone"
            continue
        if name in needed - needed_now:
            yield f"`{inside}` may be missing now"
        yield from breaking(field, now[name], inside)
    for name in sorted(needed_now - needed):
        yield f"`{at}.{name}` is required now, and events of the past are without it" if at else f"`{name}` is required now"
    if before.get("additionalProperties") is not False and after.get("additionalProperties") is False:
        yield f"{f'`{at}`' if at else 'the event'} takes no further fields now"


def _narrower(before: Schema, after: Schema) -> list[str]:
    lower = [name for name in _LOWER_BOUNDS if after.get(name, float("-inf")) > before.get(name, float("-inf"))]
    return lower + [name for name in _UPPER_BOUNDS if after.get(name, float("inf")) < before.get(name, float("inf"))]


def _branches(schema: Schema) -> list[Schema]:
    forms = [form for key in ("anyOf", "oneOf") for form in schema.get(key, ())]
    if not forms:
        return [schema]
    return [branch for form in forms if form.get("type") != "null" for branch in _branches(form)]


def _takes_null(schema: Schema) -> bool:
    return schema.get("type") == "null" or any(_takes_null(form) for key in ("anyOf", "oneOf") for form in schema.get(key, ()))


def _words(schema: Schema) -> list[Any]:
    return [*schema.get("enum", ()), *schema.get("x-extensible-enum", ()), schema.get("const")]
