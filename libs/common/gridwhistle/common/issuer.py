"""A development issuer of access tokens, for the standalone form and for tests. Production names an external one."""

import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import orjson
from joserfc import jwt
from joserfc.jwk import OKPKey

from gridwhistle.common.tokens import AUDIENCE

ISSUER = "https://issuer.gridwhistle.invalid/development"
_WEEK_S = 7 * 24 * 3600


class Issuer:
    """Signs tokens with one Ed25519 key."""

    def __init__(self, key: OKPKey) -> None:
        self._key = key

    @classmethod
    def fresh(cls) -> "Issuer":
        """Return an issuer with a new key."""
        return cls(_fresh_key())

    @classmethod
    def kept_in(cls, path: Path) -> "Issuer":
        """Return the issuer whose key is in a file; the file is made when it is not there."""
        if path.exists():
            return cls(OKPKey.import_key(orjson.loads(path.read_bytes())))
        key = _fresh_key()
        path.touch(mode=0o600)
        path.write_bytes(orjson.dumps(key.as_dict(private=True)))
        return cls(key)

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
            "iss": ISSUER,
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
