"""Encryption of what the database keeps but must not show: AES-256-GCM, bound to its place, under a numbered key.

The key file holds secrets. What seals is derived from them (HKDF), one key for each purpose, so that an answer's key opens no
telephone number, and one file is the only secret. The purpose is the first part of the place.
"""

import hmac
import os
import re
from functools import cache
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FORMAT = 2
_NONCE_BYTES, _TAG_BYTES = 12, 16
_NUMBER_MAX = 255
_MARK_BYTES = 16
_LINE = re.compile(r"([1-9][0-9]{0,2}):([0-9a-fA-F]{64})")


class CannotOpen(Exception):
    """The key is not in the ring, or the content was changed or moved."""


class Seal:
    """Seals and opens bytes. Layout: format 1 byte, key number 1 byte, nonce 12 bytes, then ciphertext and tag."""

    def __init__(self, keys: dict[int, bytes], file: Path | None = None) -> None:
        """Take the ring of secrets, 32 bytes each; the highest number seals, all open."""
        self._file, self._seen = file, _state_of(file)
        self._take(keys)

    @classmethod
    def kept_in(cls, file: Path) -> Self:
        """Return the seal of a key file; numbers that it does not know yet are looked for in the file."""
        return cls(read_keys(file), file)

    def _take(self, keys: dict[int, bytes]) -> None:
        self.numbers, self.current = sorted(keys), max(keys)
        # Purposes are names of columns, so neither cache grows.
        self._derived = cache(lambda number, purpose: _derive(keys[number], purpose))
        self._cipher = cache(lambda number, purpose: AESGCM(self._derived(number, purpose)))

    def close(self, content: bytes, place: str) -> bytes:
        """Encrypt, bound to a place such as `command_key.answer|user:7|k1`."""
        nonce = os.urandom(_NONCE_BYTES)
        cipher = self._cipher(self.current, place.partition("|")[0])
        return bytes((_FORMAT, self.current)) + nonce + cipher.encrypt(nonce, content, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt.

        Raises:
            CannotOpen: another format or key, cut short or changed, or sealed for another place.
        """
        if len(sealed) < 2 + _NONCE_BYTES + _TAG_BYTES or sealed[0] != _FORMAT or not self._knows(sealed[1]):
            raise CannotOpen
        cipher = self._cipher(sealed[1], place.partition("|")[0])
        try:
            return cipher.decrypt(sealed[2 : 2 + _NONCE_BYTES], sealed[2 + _NONCE_BYTES :], place.encode())
        except InvalidTag:
            raise CannotOpen from None

    def _knows(self, number: int) -> bool:
        # Another process may have been told of a new key before us.
        if number not in self.numbers:
            self._look_into_file()
        return number in self.numbers

    def _look_into_file(self) -> None:
        """Take the keys of the file, if it has changed; while there is none, those that are known stand."""
        state = _state_of(self._file)
        if self._file and state not in {None, self._seen}:
            self._take(read_keys(self._file))
            self._seen = state

    def mark(self, content: str, purpose: str) -> bytes:
        """Return the blind index of a value: 16 bytes that find it again, and say nothing without the key."""
        return self._mark(self.current, content, purpose)

    def marks(self, content: str, purpose: str) -> list[bytes]:
        """Return the blind indexes of a value under every key of the ring, for a search among rows old and new."""
        self._look_into_file()  # a row that is marked with an unknown key would be missed, and nobody would know
        return [self._mark(number, content, purpose) for number in self.numbers]

    def _mark(self, number: int, content: str, purpose: str) -> bytes:
        return hmac.digest(self._derived(number, f"{purpose}|mark"), content.encode(), "sha256")[:_MARK_BYTES]


def _state_of(file: Path | None) -> tuple[int, int] | None:
    """Return what is otherwise once a file has changed; None when there is none."""
    try:
        found = file and file.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns) if found else None


def _derive(secret: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"gridwhistle|{purpose}".encode()).derive(secret)


def mark_of(secret: bytes) -> str:
    """Return what a key is recognised by; it opens nothing."""
    return _derive(secret, "recognised by")[:8].hex()


def read_keys(path: Path) -> dict[int, bytes]:
    """Read a key file: a line a key, `number:64 hex digits`."""
    try:
        return parse_keys(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path} {error}") from None


def parse_keys(content: str) -> dict[int, bytes]:
    """Read the content of a key file.

    Raises:
        ValueError: it holds no usable keys.
    """
    lines = [_LINE.fullmatch(line) for line in content.split()]
    keys = {int(line[1]): bytes.fromhex(line[2]) for line in lines if line}
    if not lines or None in lines or max(keys) > _NUMBER_MAX:
        raise ValueError(f"holds no usable keys; a line is `number:64 hex digits`, numbers from 1 to {_NUMBER_MAX}")
    return keys


def make_keys(path: Path) -> None:
    """Write a key file with one fresh key, readable by its owner alone."""
    _write(path, {1: os.urandom(32)})


def add_key(path: Path) -> int:
    """Add a fresh key to a key file, and return its number: from now on it seals."""
    keys = read_keys(path)
    number = max(keys) + 1
    _write(path, {**keys, number: os.urandom(32)})
    return number


def _write(path: Path, keys: dict[int, bytes]) -> None:
    if max(keys) > _NUMBER_MAX:
        raise ValueError(f"{path} has reached the last number, {_NUMBER_MAX}")
    # Written beside and put in place at once: a process that reads it meanwhile finds the old keys or the new, never half.
    half = path.with_name(path.name + ".part")
    half.touch(mode=0o600)
    half.write_text("".join(f"{number}:{key.hex()}\n" for number, key in sorted(keys.items())))
    if path.exists():
        owner = path.stat()
        os.chown(half, owner.st_uid, owner.st_gid)
        half.chmod(owner.st_mode & 0o777)
    half.replace(path)
