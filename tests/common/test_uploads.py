"""Files that people send: what is kept of them, and what is refused."""

from io import BytesIO
from typing import Any

import pytest
from PIL import ExifTags, Image

from gridwhistle.common.uploads import cleaned

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
