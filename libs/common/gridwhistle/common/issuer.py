"""An issuer of access tokens of our own: for development and tests, and for a county that has no identity provider yet."""

import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import orjson
from joserfc import jwt
from joserfc.jwk import OKPKey

from gridwhistle.common.tokens import AUDIENCE

ISSUER = "https://issuer.gridwhistle.invalid/development"
OWN = "https://issuer.gridwhistle.invalid/own"
"""The name of a deployment's own issuer, whose key is one of its secrets: it serves until a county has an identity provider."""
_WEEK_S = 7 * 24 * 3600


class Issuer:
    """Signs tokens with one Ed25519 key."""

    def __init__(self, key: OKPKey, name: str = ISSUER) -> None:
        """Take the key, and the name that tokens say, their `iss`."""
        self._key, self.name = key, name

    @classmethod
    def fresh(cls) -> "Issuer":
        """Return an issuer with a new key."""
        return cls(_fresh_key())

    @classmethod
    def kept_in(cls, path: Path, name: str = ISSUER) -> "Issuer":
        """Return the issuer whose key is in a file; the file is made when it is not there."""
        if path.exists():
            return cls(OKPKey.import_key(orjson.loads(path.read_bytes())), name)
        key = _fresh_key()
        path.touch(mode=0o600)
        path.write_bytes(orjson.dumps(key.as_dict(private=True)))
        return cls(key, name)

    def jwks(self) -> str:
        """Return the public key set."""
        return orjson.dumps({"keys": [self._key.as_dict(private=False)]}).decode()

    def token(
        self,
        subject: str,
        roles: Sequence[str],
        area: Sequence[str],
        *,
        org: str | None = None,
        scope: str = "",
        lifetime_s: int = _WEEK_S,
    ) -> str:
        """Return a signed token for somebody with these roles in these areas."""
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": self.name,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": now,
            "exp": now + lifetime_s,
            "jti": uuid4().hex,
            "roles": list(roles),
            "area": list(area),
            "scope": scope,
        }
        if org is not None:
            claims["org"] = org
        header = {"alg": "Ed25519", "typ": "at+jwt", "kid": self._key.kid}
        return jwt.encode(header, claims, self._key, algorithms=["Ed25519"])


def _fresh_key() -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": uuid4().hex[:8], "use": "sig", "alg": "Ed25519"})
