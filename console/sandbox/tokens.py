"""The signing keys of the sandbox's directory: sign tokens, publish keys, roll them, verify what comes back."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from console.sandbox.ca import write_private
from console.sandbox.wire import JSON


class SigningKeys:
    """One key signs; older ones stay published until they are dropped, as Entra does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.published: dict[str, rsa.RSAPublicKey] = {}
        self.adopt(load(path) if path.exists() else new_key(path))

    def adopt(self, key: rsa.RSAPrivateKey) -> None:
        self.private = key
        self.kid = key_id(key.public_key())
        self.published[self.kid] = key.public_key()

    def roll(self, *, drop_old: bool = False) -> str:
        """Sign with a new key from now on; returns its `kid`."""
        if drop_old:
            self.published.clear()
        self.adopt(new_key(self.path))
        return self.kid

    def jwks(self, issuer: str) -> JSON:
        keys = [jwk(kid, key, issuer) for kid, key in self.published.items()]
        return {"keys": keys}

    def sign(self, claims: JSON) -> str:
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": self.kid, "x5t": self.kid})

    def forge(self, claims: JSON, by: Literal["stranger", "nobody"]) -> str:
        """A token that nobody should trust: signed by a key we never published, or not at all."""
        headers = {"kid": self.kid}
        if by == "nobody":
            return jwt.encode(claims, "", algorithm="none", headers=headers)
        stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return jwt.encode(claims, stranger, algorithm="RS256", headers=headers)

    def verify(self, token: str, audiences: list[str]) -> JSON:
        """The claims of a token that one of our published keys signed for one of `audiences`.

        Raises `jwt.InvalidTokenError`.
        """
        kid = jwt.get_unverified_header(token).get("kid", "")
        key = self.published.get(kid)
        if key is None:
            raise jwt.InvalidTokenError("unknown signing key")
        needed = ["exp", "aud", "oid", "tid"]
        return jwt.decode(token, key, algorithms=["RS256"], audience=audiences, options={"require": needed})


def jwk(kid: str, key: rsa.RSAPublicKey, issuer: str) -> JSON:
    numbers = RSAAlgorithm.to_jwk(key, as_dict=True)
    return {"kty": "RSA", "use": "sig", "kid": kid, "x5t": kid, "n": numbers["n"], "e": numbers["e"], "issuer": issuer}


def new_key(path: Path) -> rsa.RSAPrivateKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_private(path, pem)
    return key


def load(path: Path) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path} does not hold an RSA key")
    return key


def key_id(key: rsa.RSAPublicKey) -> str:
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()[:27]
