"""Secrets at rest: AES-256-GCM under a key derived from SECRET_KEY, bound to the row they were sealed for."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE = 12  # bytes, the size AES-GCM is defined for


class CannotOpen(Exception):
    """Sealed for another row or under another SECRET_KEY, or altered."""


def seal(secret: str, *, bound_to: str) -> bytes:
    """Encrypt `secret`; only `open_sealed` with the same `bound_to` gets it back."""
    return seal_bytes(secret.encode(), bound_to=bound_to)


def seal_bytes(secret: bytes, *, bound_to: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, secret, bound_to.encode())


def open_sealed(sealed: bytes, *, bound_to: str) -> str:
    """The secret; raises CannotOpen. Keys of SECRET_KEY_FALLBACKS still open what they sealed."""
    return open_bytes(sealed, bound_to=bound_to).decode()


def open_bytes(sealed: bytes, *, bound_to: str) -> bytes:
    sealed = bytes(sealed)
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return _cipher(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode())
        except (InvalidTag, ValueError):
            continue
    raise CannotOpen(bound_to)


def _cipher(key: str) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"console vault 1").derive(key.encode()))
