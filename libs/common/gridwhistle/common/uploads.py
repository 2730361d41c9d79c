"""Files that people send: told apart by their first bytes, pictures drawn anew, documents searched."""

import datetime as dt
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import pi_heif
from PIL import ExifTags, Image, ImageOps

from gridwhistle.common.calendars import LOCAL
from gridwhistle.common.problems import Invalid

MEDIA_TYPES: Final = ("image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf")
BYTES_MAX: Final = 10 * 1024 * 1024
PIXELS_MAX: Final = 8_192 * 6_144
"""What a telephone of 50 megapixels takes; drawn anew, no picture needs more than a quarter of a gigabyte."""
SIDE_KEPT: Final = 4_096
"""Of a picture that is kept; larger ones are scaled down. A crack in a kerb is still seen."""
_UNPACKED_MAX: Final = 256 * 1024 * 1024
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})

pi_heif.register_heif_opener(thumbnails=False)
Image.MAX_IMAGE_PIXELS = None  # its own limit warns first and refuses later; ours is checked before a pixel is decoded


class UnknownKind(Invalid):
    """Its first bytes are those of no kind that is taken."""

    code, kept = "unknown_file_kind", False
    zh = "附件须为 JPEG、PNG、WebP、HEIC 图片或 PDF 文件(以文件内容为准)。"
    en = "An attachment is a JPEG, PNG, WebP or HEIC picture or a PDF document; the content decides, not its name or header."


class Unreadable(Invalid):
    """It begins like a file of its kind and cannot be read as one."""

    code, kept = "unreadable_file", False
    zh, en = (
        "附件已损坏或不完整,无法读取;请重新上传。",
        "The attachment is damaged or cut short and cannot be read; send it again.",
    )


class TooManyPixels(Invalid):
    """Decoding the picture would take more memory than a picture is worth."""

    code, kept = "too_many_pixels", False
    zh, en = "图片不得超过 {pixels_max} 像素;请缩小后再上传。", "A picture has {pixels_max} pixels at most; send a smaller one."


class ActiveDocument(Invalid):
    """The document would run something, or hides what it holds."""

    code, kept = "active_document", False
    zh = "PDF 不得加密、含脚本或启动程序的动作,文件末尾也不得附带其他内容。"
    en = "A PDF may not be encrypted, hold scripts, start programs, or have anything after its end."


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it may be kept, and what its metadata said about the place and time of work."""

    content: bytes
    media_type: str
    width: int | None = None
    height: int | None = None
    taken_at: dt.datetime | None = None
    lon: float | None = None
    lat: float | None = None


def cleaned(content: bytes) -> Upload:
    """Return a file without what it must not hold. Takes up to seconds of one core.

    Raises:
        UnknownKind: it is none of `MEDIA_TYPES`, by its first bytes.
        Unreadable: it is not what it begins like.
        TooManyPixels: it is a picture of more than `PIXELS_MAX`.
        ActiveDocument: it is a document that is encrypted or would do something.
    """
    if content.startswith(b"\xff\xd8\xff"):
        return _picture(content, "JPEG", "JPEG", "image/jpeg")
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _picture(content, "PNG", "PNG", "image/png")
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _picture(content, "WEBP", "WEBP", "image/webp")
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return _picture(content, "HEIF", "JPEG", "image/jpeg")  # browsers show no HEIC
    if content.startswith(b"%PDF-"):
        return _document(content)
    raise UnknownKind


# --- pictures ----------------------------------------------------------------------------------------------------------------


def _picture(content: bytes, kind: str, kept_as: str, media_type: str) -> Upload:
    try:
        with Image.open(BytesIO(content), formats=[kind]) as image:
            if image.width * image.height > PIXELS_MAX:
                raise TooManyPixels(pixels_max=PIXELS_MAX)
            told = _told(image)
            image.thumbnail((SIDE_KEPT, SIDE_KEPT))
            drawn = _upright(image)
            clear = "A" in drawn.getbands() or "transparency" in drawn.info
            # Into an empty picture, so that nothing but the pixels comes along.
            fresh = Image.new("RGBA" if clear and kept_as != "JPEG" else "RGB", drawn.size)
            fresh.paste(drawn.convert(fresh.mode))
        written = BytesIO()
        fresh.save(written, kept_as, quality=88)
    except TooManyPixels:
        raise
    except Exception:  # noqa: BLE001  whatever a decoder trips over, the file is what is wrong
        raise Unreadable from None
    return Upload(written.getvalue(), media_type, fresh.width, fresh.height, **told)


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001  what cannot say how the camera was held stays as it lies; broken pixels are found later
        return image


def _told(image: Image.Image) -> dict[str, Any]:
    """Return what the picture's metadata says about when and where it was taken, as far as it can be read."""
    told: dict[str, Any] = {}
    try:
        exif = image.getexif()
        told["taken_at"] = _moment(exif.get_ifd(ExifTags.IFD.Exif))
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        if ExifTags.GPS.GPSLongitude in gps and ExifTags.GPS.GPSLatitude in gps:
            lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps.get(ExifTags.GPS.GPSLongitudeRef) == "W")
            lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps.get(ExifTags.GPS.GPSLatitudeRef) == "S")
            if -180 <= lon <= 180 and -90 <= lat <= 90:  # noqa: PLR2004  degrees
                told |= {"lon": lon, "lat": lat}
    except Exception:  # noqa: BLE001, S110  cameras write what they like; a picture is a picture without it
        pass
    return told


def _moment(exif: Mapping[int, Any]) -> dt.datetime | None:
    text = exif.get(ExifTags.Base.DateTimeOriginal)
    if not text:
        return None
    naive = dt.datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  the zone follows
    offset = re.fullmatch(r"([+-])([01][0-9]):([0-5][0-9])", str(exif.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 "))
    zone: dt.tzinfo = LOCAL  # what most cameras mean that say none
    if offset:
        away = dt.timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        zone = dt.timezone(-away if offset[1] == "-" else away)
    taken_at = naive.replace(tzinfo=zone).astimezone(dt.UTC)
    return taken_at if 1990 <= taken_at.year < 2200 else None  # noqa: PLR2004  digital cameras, and our calendar


def _degrees(parts: tuple[Any, Any, Any], negative: bool) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = round(degrees + minutes / 60 + seconds / 3600, 7)
    return -value if negative else value


# --- documents ---------------------------------------------------------------------------------------------------------------


def _spelled(name: str) -> str:
    """Return the pattern of a name in any of its spellings: each letter as it is, or as `#` and its code."""
    return "".join(f"(?:{letter}|#(?i:{ord(letter):02x}))" for letter in name)


_ACTIVE = re.compile(rf"/(?:{'|'.join(map(_spelled, ('JavaScript', 'Launch', 'Encrypt')))})\b".encode())
_STREAM = re.compile(rb"stream\r?\n")
_PIECE_BYTES = 4_096
"""Of a stream, unpacked at a time: a document may hold a million streams, and each costs one piece at least."""
_LONGEST = 64
"""Characters that a name may take, its escapes included; a name must not hide in the cut between two pieces."""


def _document(content: bytes) -> Upload:
    end = content.rfind(b"%%EOF")
    if end < 0:
        raise Unreadable
    if content[end + 5 :].strip(b"\r\n\t \0") or _ACTIVE.search(content):
        raise ActiveDocument
    room = _UNPACKED_MAX
    for found in _STREAM.finditer(content):
        room = _search_packed(content, found.end(), room)
    return Upload(content, "application/pdf")


def _search_packed(content: bytes, start: int, room: int) -> int:
    """Look into a stream, if it is packed: objects hide in there. Return how much may still be unpacked."""
    unpacking, tail = zlib.decompressobj(), b""
    try:
        for begin in range(start, len(content), _PIECE_BYTES):
            packed = content[begin : begin + _PIECE_BYTES]
            while packed and not unpacking.eof:
                piece = unpacking.decompress(packed, 1024 * 1024)
                packed = unpacking.unconsumed_tail
                room -= len(piece)
                if room < 0 or _ACTIVE.search(tail + piece):
                    raise ActiveDocument
                tail = (tail + piece)[-_LONGEST:]
            if unpacking.eof:
                break
    except zlib.error:
        pass  # packed in another way, or not at all; what is not packed was searched already
    return room
