"""A mapping file: what somebody else's file calls our columns, how it writes words and times, and what is so of every row."""

import datetime as dt
import re
import tomllib
from collections.abc import Mapping as Pairs
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.faults import faults_of
from gridwhistle.common.problems import Term
from gridwhistle.common.sheet_heads import Heads, Reading
from gridwhistle.standalone.bringing.refusals import CannotImport, unreadable

SHIPPED: Final = Path(__file__).parent / "mappings"
_ANY_OTHER: Final = "*"
_UNKNOWN: Final = Term("映射文件没有此项", "is nothing that a mapping says")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise CannotImport(f"{name} 不是时区名称。", f"{name} is not the name of a time zone.") from None
    return name


class Times(BaseModel):
    """How times are written; a day alone is its beginning."""

    model_config = ConfigDict(extra="forbid")
    format: str | None = None
    """As `strptime` reads it; ISO 8601, if left out. Cells of a workbook that are times need none."""
    zone: Annotated[str, AfterValidator(_zone)] = LOCAL.key

    def read(self, text: str) -> str | Term:
        """Return a time as RFC 3339 has it."""
        at = self._read(text)
        if at is None:
            form = self.format or "2026-07-06 08:30:00"
            return Term(f"时间须写作 {form}", f"must be a time of the form {form}")
        return at.replace(tzinfo=at.tzinfo or ZoneInfo(self.zone)).isoformat()

    def _read(self, text: str) -> dt.datetime | None:
        try:
            return dt.datetime.strptime(text, self.format or "")  # noqa: DTZ007  its zone follows
        except ValueError:
            pass
        try:
            return dt.datetime.fromisoformat(text)
        except ValueError:
            return None


class Mapping(BaseModel):
    """What a mapping file says; all of it may be left out of a file that has our own heads."""

    model_config = ConfigDict(extra="forbid")
    data_set: Annotated[str | None, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,29}$")] = None
    """Names what is imported; with a row's own number it makes each row come in once."""
    columns: dict[str, str | list[str]] = {}
    """Heads of the file by our fields; the texts of several are joined."""
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    """By field: their words, each with ours. `*` is any other word, and an empty one is a blank cell."""
    times: Times = Times()

    def all_heads(self) -> list[str]:
        """Return every head of which it speaks."""
        return [head for heads in self.columns.values() for head in ([heads] if isinstance(heads, str) else heads)]

    def heads(self, fields: Sequence[str], of_times: Sequence[str]) -> Heads:
        """Return how a file is read whose lines have these fields, some of which are times.

        Raises:
            CannotImport: it speaks of other fields.
        """
        if unknown := (self.columns.keys() | self.values.keys() | self.constants.keys()) - set(fields):
            raise CannotImport(
                f"映射文件含有未知字段 {'、'.join(sorted(unknown))};可用字段为 {'、'.join(fields)}。",
                f"the mapping speaks of {', '.join(sorted(unknown))}; the fields are {', '.join(fields)}.",
            )
        theirs = {name: [head] if isinstance(head, str) else head for name, head in self.columns.items()}
        readings: dict[str, Reading] = {name: _translated(words) for name, words in self.values.items()}
        readings |= dict.fromkeys(of_times, lambda text: self.times.read(text) if text else text)
        return Heads(theirs, self.constants, readings, ZoneInfo(self.times.zone))


def _translated(words: Pairs[str, str]) -> Reading:
    return lambda text: words.get(text, words.get(_ANY_OTHER, text) if text else text)


def read_mapping(file: Path | None, more: Pairs[str, str], data_set: str | None) -> Mapping:
    """Return what a mapping file says, with what the command line says besides; a bare name is one of those that are shipped.

    Raises:
        CannotImport: it cannot be read, or says what no mapping says.
    """
    said: dict[str, Any] = {}
    if file is not None:
        shipped = SHIPPED / f"{file}.toml"
        try:
            path = shipped if re.fullmatch("[a-z0-9-]+", str(file)) and shipped.exists() and not file.exists() else file
            said = tomllib.loads(path.read_text("utf-8"))
        except OSError as reason:
            raise unreadable(file, reason) from None
        except ValueError as reason:
            raise CannotImport(f"{file} 不是 TOML:{reason}", f"{file} is not TOML: {reason}") from None
    said["constants"] = {**said.get("constants", {}), **more}
    if data_set:
        said["data_set"] = data_set
    try:
        return Mapping.model_validate(said)
    except ValidationError as error:
        raise _no_mapping(error) from None


def _no_mapping(error: ValidationError) -> CannotImport:
    zh, en = ["映射文件有误:"], ["the mapping is not one:"]
    for fault, (_, code, message) in zip(error.errors(), faults_of(error), strict=True):
        place, said = ".".join(map(str, fault["loc"])), _UNKNOWN if code == "extra_forbidden" else message
        zh.append(f"  {place}:{said.zh}")
        en.append(f"  {place}: {said.en}")
    return CannotImport("\n".join(zh), "\n".join(en))
