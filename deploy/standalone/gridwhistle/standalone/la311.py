"""What the published files of Los Angeles say: its 311 requests, and its council districts; wholly right, or not read."""

import csv
import datetime as dt
import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final
from zoneinfo import ZoneInfo

import orjson
from pydantic import TypeAdapter, ValidationError

from gridwhistle.common.personal import masked
from gridwhistle.common.places import Boundary, checked
from gridwhistle.common.problems import Invalid
from gridwhistle.incidents.intake import Location, Reference, Report

SYSTEM: Final = "la311"
COLUMNS: Final = ("srnumber", "createddate", "requesttype", "requestsource", "latitude", "longitude", "cd")
SOURCES: Final = {
    "Call": "hotline_12345",
    "Council's Office": "dept_transfer",
    # The city's drivers tell what they pass on their rounds.
    "Driver Self Report": "grid_patrol",
    "Mobile App": "resident",
    "Self Service": "resident",
    "Email": "resident",
    "Letter": "resident",
}
OTHER_SOURCE: Final = "integrator"
DISTRICT_MAX: Final = 999
"""What fits into the three digits of a community."""
_FAULTS_SHOWN: Final = 20
_LOS_ANGELES: Final = ZoneInfo("America/Los_Angeles")
_BOUNDARY: Final[TypeAdapter[Any]] = TypeAdapter(Boundary)
_COLUMN_OF: Final = {"title": "requesttype", "lat": "latitude", "lon": "longitude", "code": "srnumber"}
Districts = dict[int, dict[str, Any]]
"""Boundaries as GeoJSON, by the number of the district."""


class CannotImport(Exception):
    """Nothing, or nothing more, is filed; the message says why, and what to do."""


@dataclass(frozen=True)
class Request:
    """A row of the file: the report that it becomes, and the district that the publisher says it lies in."""

    line: int
    report: Report
    district: int | None


def read_requests(path: Path) -> list[Request]:
    """Return the requests of a file (.csv or .csv.gz), in its order.

    Raises:
        CannotImport: it cannot be read, or has faults; they are told by line, twenty at most.
    """
    faults: list[str] = []
    requests: list[Request] = []
    lines: dict[str, int] = {}
    for line, row in _rows(path, faults):
        try:
            request = _request(line, row)
        except ValidationError as error:
            faults += [f"line {line}: {_COLUMN_OF[str(fault['loc'][-1])]}: {fault['msg']}" for fault in error.errors()]
            continue
        except ValueError as error:
            faults.append(f"line {line}: {error}")
            continue
        first = lines.setdefault(row["srnumber"], line)
        if first != line:
            faults.append(f"line {line}: srnumber {row['srnumber']} stands in line {first} already")
        requests.append(request)
    if faults:
        more = [f"… and {len(faults) - _FAULTS_SHOWN:,} more"] if len(faults) > _FAULTS_SHOWN else []
        shown = "\n  ".join(faults[:_FAULTS_SHOWN] + more)
        raise CannotImport(f"{path} has faults ({len(faults):,}), so nothing was filed:\n  {shown}")
    if not requests:
        raise CannotImport(f"{path} has a header, but no rows.")
    return requests


def _rows(path: Path, faults: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows with the lines that they begin in; rows of another length are faults."""
    with _opened(path) as text:
        reader = csv.reader(text, strict=True)
        try:
            header = next(reader, [])
            if missing := [name for name in COLUMNS if header.count(name) != 1]:
                raise CannotImport(f"{path} must have these columns once each, but has not: {', '.join(missing)}.")
            before = reader.line_num
            for row in reader:
                line, before = before + 1, reader.line_num
                if len(row) == len(header):
                    yield line, dict(zip(header, row, strict=True))
                else:
                    faults.append(f"line {line}: {len(row)} fields, but the header has {len(header)}")
        except csv.Error as error:
            raise CannotImport(f"{path}, line {reader.line_num}: this is not CSV ({error}).") from None
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise _unreadable(path, error) from None


def _opened(path: Path) -> IO[str]:
    """Open a text, packed or plain by its name; a mark at its beginning is passed over."""
    try:
        opener: Callable[..., IO[str]] = gzip.open if path.suffix == ".gz" else open
        return opener(path, "rt", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> CannotImport:
    if isinstance(error, UnicodeDecodeError):
        return CannotImport(f"{path} is not UTF-8 text.")
    return CannotImport(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.")


def _request(line: int, row: dict[str, str]) -> Request:
    """Read a row.

    Raises:
        ValueError: a field is not what it should be; a ValidationError if the API would say so.
    """
    number, title, district = row["srnumber"], masked(row["requesttype"]).strip()[:80], row["cd"]
    if any(character < " " for text in (number, title) for character in text):
        raise ValueError("srnumber or requesttype holds a control character")
    if district and not (district.isascii() and district.isdecimal()):
        raise ValueError(f"cd {district!r} is not a number")
    report = Report(
        title=title,
        location=_location(row["latitude"], row["longitude"]),
        source=SOURCES.get(row["requestsource"], OTHER_SOURCE),  # type: ignore[arg-type]  # the model checks it
        found_at=_found_at(row["createddate"]),
        reference=Reference(system=SYSTEM, code=number),
    )
    return Request(line, report, int(district) if district else None)


def _found_at(text: str) -> dt.datetime:
    try:
        found_at = dt.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_LOS_ANGELES)
    except ValueError:
        raise ValueError(f"createddate {text!r} is not a time like 2020-01-31 23:59:59") from None
    if found_at > dt.datetime.now(dt.UTC):
        raise ValueError(f"createddate {text} has not come yet")
    return found_at


def _location(latitude: str, longitude: str) -> Location | None:
    if not latitude and not longitude:
        return None
    try:
        return Location(lat=float(latitude), lon=float(longitude))
    except ValidationError:
        raise
    except ValueError:
        raise ValueError(f"latitude {latitude!r} and longitude {longitude!r} are not two numbers") from None


def read_districts(path: Path) -> Districts:
    """Return the boundaries of a GeoJSON file (.geojson or .geojson.gz) by the number that is each feature's `name`.

    Raises:
        CannotImport: it cannot be read, or is not GeoJSON of numbered polygons.
    """
    with _opened(path) as text:
        try:
            features = orjson.loads(text.read())["features"]
            districts = {}
            for feature in features:
                number, geometry = int(feature["properties"]["name"]), feature["geometry"]
                shape = {"type": geometry["type"], "coordinates": geometry["coordinates"]}
                districts[number] = checked(_BOUNDARY.validate_python(shape))
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise _unreadable(path, error) from None
        except (ValueError, KeyError, TypeError, Invalid):
            raise CannotImport(f"{path} is not GeoJSON whose features have a number as name and a valid boundary.") from None
    if not districts or len(districts) != len(features) or not set(districts) <= set(range(1, DISTRICT_MAX + 1)):
        raise CannotImport(f"{path} must number its districts from 1 to {DISTRICT_MAX}, each once.")
    return districts
