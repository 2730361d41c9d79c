"""Files of 311 requests: what is read, and what is found wrong before anything is filed."""

import datetime as dt
import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from gridwhistle.standalone import cli
from gridwhistle.standalone.la311 import CannotImport, read_districts, read_requests

HEADER = "srnumber,createddate,requesttype,requestsource,latitude,longitude,cd,status"
GOOD = "1-101,2020-01-01 00:05:00,Graffiti Removal,Call,34.05,-118.25,1,Open"
WITHOUT_POINT = "1-102,2020-01-01 00:06:00,Bulky Items,Email,,,,Open"


def write(path: Path, *rows: str, header: str = HEADER) -> Path:
    content = "\n".join((header, *rows, "")).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def square(west: float, south: float) -> dict[str, Any]:
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def write_districts(path: Path, *features: tuple[str, dict[str, Any]]) -> Path:
    content = {"features": [{"properties": {"name": name}, "geometry": geometry} for name, geometry in features]}
    path.write_bytes(orjson.dumps(content))
    return path


@pytest.mark.parametrize("name", ["requests.csv", "requests.csv.gz"])
def test_a_file_is_read_plain_or_packed(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, GOOD, WITHOUT_POINT)

    first, second = read_requests(path)

    assert (first.line, first.district, first.report.location.lat, first.report.location.lon) == (2, 1, 34.05, -118.25)
    assert (second.line, second.district, second.report.location) == (3, None, None)
    assert first.report.reference.model_dump() == {"system": "la311", "code": "1-101"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("1-9,2020-01-32 00:05:00,Other,Call,34,-118,1,Open", "line 3: createddate '2020-01-32 00:05:00' is not a time like"),
        ("1-9,,Other,Call,34,-118,1,Open", "line 3: createddate '' is not a time like 2020-01-31 23:59:59"),
        ("1-9,2999-01-01 00:00:00,Other,Call,34,-118,1,Open", "line 3: createddate 2999-01-01 00:00:00 has not come yet"),
        ("1-9,2020-01-01 00:05:00,Other,Call,34°,-118,1,Open", "line 3: latitude '34°' and longitude '-118' are not two numb"),
        ("1-9,2020-01-01 00:05:00,Other,Call,,-118,1,Open", "line 3: latitude '' and longitude '-118' are not two numbers"),
        ("1-9,2020-01-01 00:05:00,Other,Call,134,-118,1,Open", "line 3: latitude: Input should be less than or equal to 90"),
        ("1-9,2020-01-01 00:05:00,Other,Call,34,nan,1,Open", "line 3: longitude: Input should be"),
        ("1-9,2020-01-01 00:05:00,Other,Call,34,-118,one,Open", "line 3: cd 'one' is not a number"),
        (",2020-01-01 00:05:00,Other,Call,34,-118,1,Open", "line 3: srnumber: String should have at least 1 character"),
        ("1-9,2020-01-01 00:05:00, ,Call,34,-118,1,Open", "line 3: requesttype: String should have at least 1 character"),
        ("1-9,2020-01-01 00:05:00,Ot\x07her,Call,34,-118,1,Open", "line 3: srnumber or requesttype holds a control character"),
        ("1-101,2020-01-01 00:05:00,Other,Call,34,-118,1,Open", "line 3: srnumber 1-101 stands in line 2 already"),
        ("1-9,2020-01-01 00:05:00,Other,Call", "line 3: 4 fields, but the header has 8"),
    ],
    ids=[
        *("no such day", "no date", "in the future", "no number", "half a place", "beyond the pole", "not a number"),
        *("district in words", "no srnumber", "no requesttype", "control character", "srnumber twice", "too short"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, row: str, says: str) -> None:
    path = write(tmp_path / "requests.csv", GOOD, row)

    with pytest.raises(CannotImport, match="has faults \\(1\\), so nothing was filed") as refused:
        read_requests(path)

    assert says in str(refused.value)


def test_every_fault_is_counted_and_twenty_are_shown(tmp_path: Path) -> None:
    path = write(tmp_path / "requests.csv", *(f"1-{number},yesterday,Other,Call,,,,Open" for number in range(30)))

    with pytest.raises(CannotImport) as refused:
        read_requests(path)

    assert "has faults (30)" in str(refused.value)
    assert str(refused.value).count("line ") == 20
    assert str(refused.value).endswith("… and 10 more")


def test_a_row_over_several_lines_is_named_by_its_first(tmp_path: Path) -> None:
    long = '1-103,2020-01-01 00:05:00,"Other\nthings",Call,34,-118,1,Open'
    path = write(tmp_path / "requests.csv", long, "1-104,never,Other,Call,34,-118,1,Open")

    with pytest.raises(CannotImport, match="line 4: createddate 'never'"):
        read_requests(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "must have these columns once each, but has not: srnumber, createddate"),
        (HEADER.replace("cd,", "district,").encode(), r"must have these columns once each, but has not: cd\."),
        (HEADER.replace("status", "cd").encode(), r"must have these columns once each, but has not: cd\."),
        (HEADER.encode(), "has a header, but no rows"),
        (f'{HEADER}\n1-1,"2020'.encode(), "line 2: this is not CSV"),
        (f"{HEADER}\n1-1,\xe9".encode("latin-1"), "is not UTF-8 text"),
    ],
    ids=["empty", "missing column", "column twice", "no rows", "open quote", "another encoding"],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "requests.csv"
    path.write_bytes(content)

    with pytest.raises(CannotImport, match=says):
        read_requests(path)


def test_a_packed_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "requests.csv.gz", GOOD)
    path.write_bytes(path.read_bytes()[:-12])

    with pytest.raises(CannotImport, match="cannot be read: Compressed file ended"):
        read_requests(path)


@pytest.mark.parametrize(
    ("local", "utc"),
    [("2020-01-01 00:05:00", "2020-01-01T08:05:00+00:00"), ("2020-07-01 00:05:00", "2020-07-01T07:05:00+00:00")],
    ids=["winter", "summer"],
)
def test_times_are_those_of_los_angeles(tmp_path: Path, local: str, utc: str) -> None:
    path = write(tmp_path / "requests.csv", GOOD.replace("2020-01-01 00:05:00", local))

    (request,) = read_requests(path)

    assert request.report.found_at.timestamp() == dt.datetime.fromisoformat(utc).timestamp()


@pytest.mark.parametrize(
    ("published", "ours"),
    [
        *(("Call", "hotline_12345"), ("Mobile App", "resident"), ("Driver Self Report", "grid_patrol")),
        *(("Council's Office", "dept_transfer"), ("Carrier Pigeon", "integrator")),
    ],
)
def test_who_reported_is_kept_in_our_words(tmp_path: Path, published: str, ours: str) -> None:
    path = write(tmp_path / "requests.csv", GOOD.replace("Call", published))

    (request,) = read_requests(path)

    assert request.report.source == ours


def test_a_title_is_masked_before_it_is_cut(tmp_path: Path) -> None:
    path = write(tmp_path / "requests.csv", GOOD.replace("Graffiti Removal", f"{'x' * 70} 13800138000 and more"))

    (request,) = read_requests(path)

    assert request.report.title == f"{'x' * 70} 138****80"


@pytest.mark.parametrize(
    ("features", "says"),
    [
        ([], "must number its districts from 1 to 999, each once"),
        ([("1", square(0, 0)), ("1", square(2, 0))], "must number its districts from 1 to 999, each once"),
        ([("1000", square(0, 0))], "must number its districts from 1 to 999, each once"),
        ([("one", square(0, 0))], "a number as name and a valid boundary"),
        ([("1", {"type": "Point", "coordinates": [0, 0]})], "a number as name and a valid boundary"),
        (
            [("1", {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]})],
            "a number as name and a valid boundary",
        ),
    ],
    ids=["none", "twice", "too many digits", "a word", "a point", "crosses itself"],
)
def test_districts_are_numbered_polygons(tmp_path: Path, features: list[tuple[str, Any]], says: str) -> None:
    path = write_districts(tmp_path / "districts.geojson", *features)

    with pytest.raises(CannotImport, match=says):
        read_districts(path)


def test_the_command_says_what_is_wrong_and_ends_with_one(tmp_path: Path) -> None:
    write_districts(tmp_path / "districts.geojson", ("1", square(0, 0)))
    path = write(tmp_path / "requests.csv", GOOD.replace("2020-01-01", "yesterday"))

    command = ["import", "reports", str(path), "--boundaries", str(tmp_path / "districts.geojson")]
    told = CliRunner().invoke(cli.app, command)

    assert told.exit_code == 1
    assert "Not imported:" in told.stderr
    assert "line 2: createddate" in told.stderr
    assert not told.stdout
