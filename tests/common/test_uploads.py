"""Files that people send: what is kept of them, and what is refused."""

import base64
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image

from gridwhistle.common.uploads import ActiveDocument, TooManyPixels, UnknownKind, Unreadable, cleaned

# What Pillow only warns of must not be what refuses a file.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAAAAAERA"
    "AAIAAQAAAAAB4gABAAAAAAAAABkAAgAAAAAB+wABAAAAAAAAAOYAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQAC"
    "AABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAA"
    "AAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaA"
    "AAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAA"
    "AAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAABB21kYXQAAAAVKAGvC2D15YOvvBk9/RaINOjT/UOAAAAABkV4aWYAAE1NACoA"
    "AAAIAAMBOwACAAAACQAAADKHaQAEAAAAAQAAADyIJQAEAAAAAQAAAHYAAAAAU29tZWJvZHkAAAACkAMAAgAAABQAAABapDEAAgAAAAgAAABuAAAAADIw"
    "MjY6MTE6MDMgMDg6MTU6MDAAU04tMDA0MgAABAABAAIAAAACTgAAAAACAAUAAAADAAAArAADAAIAAAACRQAAAAAEAAUAAAADAAAAxAAAAAAAAAAeAAAA"
    "AQAAABAAAAABAAAAFQAAAAEAAAB4AAAAAQAAAAkAAAABAAAACQAAAAE="
)
"""A picture of 64 × 48 with the same metadata as `camera_picture`; nothing here can write one."""
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **how: Any) -> bytes:
    """Return a picture with a few colours in it."""
    written = BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(written, kind, **how)
    return written.getvalue()


def camera_picture(kind: str = "JPEG", orientation: int = 1) -> bytes:
    """Return a picture with what a camera writes into it: who, what, when, where."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Camera Works"
    exif[ExifTags.Base.Artist] = "Somebody"
    exif[ExifTags.Base.Orientation] = orientation
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.BodySerialNumber] = "SN-0042"
    details[ExifTags.Base.DateTimeOriginal] = "2026:11:03 08:15:00"
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLongitude], place[ExifTags.GPS.GPSLongitudeRef] = (120.0, 9.0, 9.0), "E"
    place[ExifTags.GPS.GPSLatitude], place[ExifTags.GPS.GPSLatitudeRef] = (30.0, 16.0, 21.0), "N"
    return picture(kind, exif=exif.tobytes())


def png(width: int, height: int, *chunks: tuple[bytes, bytes], pixels: bytes = b"") -> bytes:
    """Return a PNG of our own making, whatever it claims."""
    header = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    parts = [header, *chunks, (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in parts
    )


def zipped() -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("evil.html", "<script>evil()</script>")
    return written.getvalue()


def pdf(*objects: bytes) -> bytes:
    return b"%PDF-1.7\n" + b"\n".join(objects) + b"\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def stream(content: bytes, about: bytes = b"/Type /ObjStm") -> bytes:
    packed = zlib.compress(content)
    return b"2 0 obj\n<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj" % (about, len(packed), packed)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_time_and_place_become_fields_and_nothing_of_the_metadata_stays(kind: str) -> None:
    content = camera_picture(kind)
    assert b"SN-0042" in content

    kept = cleaned(content)

    assert kept.taken_at is not None
    assert kept.taken_at.isoformat() == "2026-11-03T00:15:00+00:00"
    assert (kept.lon, kept.lat) == (120.1525, 30.2725)
    for secret in (b"SN-0042", b"Camera Works", b"Somebody", b"Exif", b"2026:11:03"):
        assert secret not in kept.content
    assert not Image.open(BytesIO(kept.content)).getexif()


def test_a_heic_picture_becomes_jpeg_with_its_time_and_place() -> None:
    kept = cleaned(HEIC)

    assert (kept.media_type, kept.width, kept.height) == ("image/jpeg", 64, 48)
    assert (kept.lon, kept.lat) == (120.1525, 30.2725)
    assert b"SN-0042" in HEIC
    assert b"SN-0042" not in kept.content


def test_a_picture_stands_as_the_camera_was_held() -> None:
    kept = cleaned(camera_picture(orientation=6))

    assert (kept.width, kept.height) == (48, 64)


def test_a_picture_larger_than_anybody_needs_is_scaled_down() -> None:
    kept = cleaned(picture("PNG", size=(5_000, 50)))

    assert (kept.width, kept.height) == (4_096, 41)
    assert Image.open(BytesIO(kept.content)).size == (4_096, 41)


def test_what_is_clear_in_a_drawing_stays_clear() -> None:
    written = BytesIO()
    Image.new("LA", (8, 8), (200, 0)).save(written, "PNG")

    kept = cleaned(written.getvalue())

    assert Image.open(BytesIO(kept.content)).getpixel((0, 0)) == (200, 200, 200, 0)


@pytest.mark.parametrize(
    "exif",
    [
        pytest.param(b"Exif\0\0" + b"\xff" * 200, id="noise"),
        pytest.param(b"Exif\0\0II*\0\xff\xff\xff\xff", id="a pointer to nowhere"),
        pytest.param(b"Exif\0\0", id="nothing"),
    ],
)
def test_a_picture_is_a_picture_whatever_its_metadata_says(exif: bytes) -> None:
    kept = cleaned(picture(exif=exif))

    assert (kept.taken_at, kept.lon, kept.lat) == (None, None, None)


@pytest.mark.parametrize(
    ("content", "hidden"),
    [
        pytest.param(picture() + zipped(), b"evil.html", id="a zip behind a JPEG"),
        pytest.param(picture("PNG") + b"<script>evil()</script>", b"evil", id="a page behind a PNG"),
        pytest.param(picture("WEBP") + PDF, b"%PDF", id="a document behind a WebP"),
        pytest.param(picture(comment=b"<script>evil()</script>"), b"evil", id="a page in a JPEG's comment"),
        pytest.param(
            png(64, 48, (b"tEXt", b"Comment\0evil()"), pixels=bytes(193 * 48)), b"evil", id="a script in a PNG's text"
        ),
        pytest.param(picture(icc_profile=b"evil" * 64), b"evil", id="something in a colour profile"),
    ],
)
def test_of_a_file_that_is_two_files_the_picture_stays(content: bytes, hidden: bytes) -> None:
    assert hidden in content

    kept = cleaned(content)

    assert hidden not in kept.content
    assert (kept.width, kept.height) == (64, 48)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="SVG"),
        pytest.param(b"<!doctype html><script>evil()</script>", id="a page"),
        pytest.param(zipped(), id="a zip"),
        pytest.param(picture("GIF"), id="GIF"),
        pytest.param(picture("TIFF"), id="TIFF"),
        pytest.param(b" " + PDF, id="a document that begins late"),
        pytest.param(b"GIF89a" + picture(), id="a picture behind another's first bytes"),
        pytest.param(b"\x7fELF" + bytes(64), id="a program"),
    ],
)
def test_what_is_not_taken_is_known_by_its_first_bytes(content: bytes) -> None:
    with pytest.raises(UnknownKind):
        cleaned(content)


@pytest.mark.parametrize(
    "content",
    [
        *(pytest.param(picture(kind)[:-40], id=f"{kind} cut short") for kind in ("JPEG", "PNG", "WEBP")),
        pytest.param(HEIC[:-40], id="HEIC cut short"),
        pytest.param(PDF[:-8], id="PDF cut short"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + picture(), id="a JPEG that begins like a PNG"),
        pytest.param(b"\xff\xd8\xff" + zipped(), id="a zip that begins like a JPEG"),
        pytest.param(b"RIFF\x20\0\0\0WEBP" + bytes(64), id="an empty WebP"),
        pytest.param(png(64, 48), id="a PNG without pixels"),
        pytest.param(png(0, 0), id="a PNG without size"),
        pytest.param(
            png(8, 8, (b"zTXt", b"k\0\0" + zlib.compress(bytes(80_000_000)))), id="a text that unpacks to eighty megabytes"
        ),
    ],
)
def test_what_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        cleaned(content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(png(100_000, 100_000), id="a PNG of 100,000 by 100,000"),
        pytest.param(png(100_000, 504), id="a PNG of one row too many"),
        pytest.param(b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01", id="JPEG"),
    ],
)
def test_a_picture_of_too_many_pixels_is_refused_before_one_is_decoded(content: bytes) -> None:
    with pytest.raises(TooManyPixels):
        cleaned(content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(pdf(b"1 0 obj << /S /JavaScript /JS (evil) >> endobj"), id="a script"),
        pytest.param(pdf(b"1 0 obj << /S /J#61vaScript /JS (evil) >> endobj"), id="a script under another spelling"),
        pytest.param(pdf(b"1 0 obj << /S /Launch /F (evil.exe) >> endobj"), id="a program to start"),
        pytest.param(pdf(stream(b"7 0 << /S /JavaScript /JS (evil) >>")), id="a packed script"),
        pytest.param(pdf(stream(bytes(1_048_570) + b"/JavaScript" + bytes(9))), id="a packed script across two pieces"),
        pytest.param(PDF.replace(b"/Root", b"/Encrypt 9 0 R /Root"), id="encrypted"),
        pytest.param(PDF + zipped(), id="a zip behind it"),
        pytest.param(pdf(*[stream(bytes(60_000_000))] * 5), id="three hundred megabytes in a few kilobytes"),
    ],
)
def test_a_document_that_would_do_something_is_refused(content: bytes) -> None:
    with pytest.raises(ActiveDocument):
        cleaned(content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(PDF, id="plain"),
        pytest.param(PDF + b"\r\n\0", id="with an end of line more"),
        pytest.param(pdf(stream(b"BT (JavaScript is a language) Tj ET", b"/Type /Page")), id="packed"),
        pytest.param(pdf(b"<< >>\nstream\n\x78\x9c not packed at all\nendstream"), id="a stream that only looks packed"),
    ],
)
def test_a_document_is_kept_as_it_is(content: bytes) -> None:
    assert cleaned(content).content == content


@pytest.mark.parametrize(
    "streams",
    [
        pytest.param(b"stream\n" + zlib.compress(b"") + b"\n", id="streams that end at once"),
        pytest.param(b"stream\nnot packed\n", id="streams that are not packed"),
    ],
)
def test_a_document_of_very_many_streams_takes_no_longer_than_its_length(streams: bytes) -> None:
    content = pdf(streams * 100_000)
    begun = time.process_time()

    cleaned(content)

    assert time.process_time() - begun < 15, "each stream costs what it holds, not what follows it: that took minutes"


def test_names_spelled_with_escapes_are_looked_through_at_no_great_cost() -> None:
    content = pdf(stream(b"/#41#42#43#44" * 4_000_000))
    begun = time.process_time()

    cleaned(content)

    assert time.process_time() - begun < 5


def test_no_picture_takes_more_than_half_a_gigabyte(tmp_path: Path) -> None:
    """Two are decoded at a time, so this is what they can make the process grow by."""
    largest = {"packed": png(8_192, 6_144, pixels=bytes((3 * 8_192 + 1) * 6_144)), "photo": picture(size=(8_192, 6_144))}
    for name, content in largest.items():
        (tmp_path / name).write_bytes(content)
    script = (
        "import resource, sys; from gridwhistle.common.uploads import cleaned\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for name in sys.argv[1:]: cleaned(open(name, 'rb').read())\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )

    answer = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", script, *(str(tmp_path / name) for name in largest)], capture_output=True, text=True, check=True
    )

    assert int(answer.stdout) < 512 * 1024
