"""Copies of the key file, to be kept apart from the backup: under a passphrase (口令), with a mark for each key."""

import os
from pathlib import Path
from typing import Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gridwhistle.common.sealing import mark_of, parse_keys
from gridwhistle.standalone.children import CannotStart

PASSPHRASE_MIN: Final = 12
_FORMAT: Final = "gridwhistle keys 1"
# 64 MB and a fifth of a second a guess.
_COST: Final = 2**16


def marks(file: Path | None) -> dict[str, str]:
    """Return what each key of a file is recognised by, which opens nothing; nothing, when no file is named.

    Raises:
        CannotStart: the file cannot be read, or holds no keys.
    """
    try:
        return marks_in(file.read_bytes()) if file else {}
    except OSError as error:
        raise CannotStart(f"the key file {file} cannot be read ({error.strerror}).") from None


def marks_in(content: bytes) -> dict[str, str]:
    """Return what each key in the content of a key file is recognised by.

    Raises:
        CannotStart: it holds no keys.
    """
    try:
        return {str(number): mark_of(key) for number, key in parse_keys(content.decode()).items()}
    except ValueError:
        raise CannotStart("the key file holds no usable keys.") from None


def seal(keys: bytes, passphrase: str) -> bytes:
    """Return a copy of a key file that the passphrase opens.

    Raises:
        CannotStart: the passphrase is too short.
    """
    if len(passphrase) < PASSPHRASE_MIN:
        raise CannotStart(f"the passphrase for the keys is to have {PASSPHRASE_MIN} characters or more.")
    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(_key_of(passphrase, salt)).encrypt(nonce, keys, _FORMAT.encode())
    return orjson.dumps({"format": _FORMAT, "salt": salt.hex(), "nonce": nonce.hex(), "sealed": sealed.hex()}) + b"\n"


def is_sealed(copy: bytes) -> bool:
    """Tell whether a copy of a key file is under a passphrase."""
    return copy.startswith(b"{")


def unseal(copy: bytes, passphrase: str) -> bytes:
    """Return the key file in a copy.

    Raises:
        CannotStart: it is damaged, or the passphrase is another one.
    """
    try:
        told = {name: bytes.fromhex(value) for name, value in orjson.loads(copy).items() if name != "format"}
        return AESGCM(_key_of(passphrase, told["salt"])).decrypt(told["nonce"], told["sealed"], _FORMAT.encode())
    except (InvalidTag, ValueError, KeyError, AttributeError, TypeError):
        raise CannotStart(
            "the copy of the keys does not open: the passphrase is another one, or the file is damaged."
        ) from None


def _key_of(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(passphrase.encode())
