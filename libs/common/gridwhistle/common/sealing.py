"""Encryption of what the database keeps but must not show: AES-256-GCM, bound to its place, under a named key."""

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT = 1
_NONCE_BYTES = 12


class CannotOpen(Exception):
    """The key is not in the ring, or the content was changed or moved."""


class Seal:
    """Seals and opens bytes. Layout: format 1 byte, key number 1 byte, nonce 12 bytes, then ciphertext and tag."""

    def __init__(self, keys: dict[int, bytes]) -> None:
        """Take the ring of keys, 32 bytes each; the highest number seals, all open."""
        self._current = max(keys)
        self._ring = {number: AESGCM(key) for number, key in keys.items()}

    def close(self, content: bytes, place: str) -> bytes:
        """Encrypt, bound to a place such as `command_key.answer|user:7|k1`."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ring[self._current].encrypt(nonce, content, place.encode())
        return bytes((_FORMAT, self._current)) + nonce + sealed

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt.

        Raises:
            CannotOpen: another format or key, or it was sealed for another place.
        """
        key = self._ring.get(sealed[1]) if sealed[:1] == bytes((_FORMAT,)) else None
        if key is None:
            raise CannotOpen
        try:
            return key.decrypt(sealed[2 : 2 + _NONCE_BYTES], sealed[2 + _NONCE_BYTES :], place.encode())
        except InvalidTag:
            raise CannotOpen from None


def read_keys(path: Path) -> dict[int, bytes]:
    """Read a key file: a line a key, `number:64 hex digits`."""
    keys = {}
    for line in path.read_text().split():
        number, _, digits = line.partition(":")
        keys[int(number)] = bytes.fromhex(digits)
    if not keys or any(len(key) != 32 for key in keys.values()):  # noqa: PLR2004  AES-256 keys are 32 bytes
        raise ValueError(f"{path} holds no usable key; a line is `number:64 hex digits`")
    return keys


def make_keys(path: Path) -> None:
    """Write a key file with one fresh key, readable by its owner alone."""
    path.touch(mode=0o600)
    path.write_text(f"1:{os.urandom(32).hex()}\n")
