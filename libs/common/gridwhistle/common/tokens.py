"""Access tokens (RFC 9068): checked against the issuer's keys, remembered by their hash until they expire."""

import base64
import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import httpx2
import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gridwhistle.common.principal import ANONYMOUS, DESKS, ROLES, SYSTEM, Principal
from gridwhistle.common.problems import Problem, Term
from gridwhistle.common.revoked import Revoked
from gridwhistle.common.wire import Malformed, check_json

ALGORITHMS: Final = ["Ed25519", "ES256"]
AUDIENCE: Final = "gridwhistle"
TOKEN_CHARS_MAX = 8_192
_PREFIX_LENGTHS = frozenset({6, 9, 12, 15})
_AREAS_MAX = 20
_NAME_CHARS_MAX = 100
_CLOCK_SKEW_S = 30
_REMEMBERED_MAX = 10_000
_ASK_ISSUER_EVERY_S = 30.0


class NotAuthenticated(Problem):
    """No token, or not one that we accept."""

    status, code, kept = 401, "not_authenticated", False
    title = Term("需要有效的令牌", "A valid token is needed")
    zh = "请在 Authorization 头中携带有效的 Bearer 令牌(签发方、受众、有效期均须符合)。"
    en = "Send a Bearer token in Authorization that our issuer signed for us and that has not expired."
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="gridwhistle"'}


class Tokens:
    """Turns tokens into principals. The issuer's keys come as a document, or from an address when a new key id shows up."""

    def __init__(
        self, issuer: str, *, jwks: str | None = None, jwks_url: str | None = None, revoked: Revoked | None = None
    ) -> None:
        """Take the issuer, its key set as JSON text, as an address, or both, and whose tokens are refused."""
        self._issuer, self._jwks_url, self._revoked = issuer, jwks_url, revoked
        self._keys = KeySet.import_key_set(orjson.loads(jwks)) if jwks else KeySet([])
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_CLOCK_SKEW_S,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        self._remembered: OrderedDict[bytes, tuple[Principal, float, float]] = OrderedDict()
        self._asked_at = -_ASK_ISSUER_EVERY_S

    async def principal(self, authorization: str | None) -> Principal:
        """Return who the `Authorization` header speaks for.

        Raises:
            NotAuthenticated: no token, or one that is forged, expired, not for us, or not of our shape.
            TokenRevoked: one that was good, and was revoked.
        """
        if authorization is None or authorization[:7].lower() != "bearer " or len(authorization) > TOKEN_CHARS_MAX:
            raise NotAuthenticated
        mark = hashlib.sha256(authorization.encode("latin-1", "replace")).digest()
        remembered = self._remembered.get(mark)
        if remembered is None or remembered[2] <= time.time():
            claims = await self._verified(authorization[7:].strip())
            remembered = self._remembered[mark] = (_principal(claims), float(claims["iat"]), float(claims["exp"]))
            if len(self._remembered) > _REMEMBERED_MAX:
                self._remembered.popitem(last=False)
        principal, issued_at, _ = remembered
        if self._revoked:
            self._revoked.check(principal, issued_at)
        return principal

    async def _verified(self, token: str) -> dict[str, Any]:
        for last in (False, True):
            try:
                decoded = jwt.decode(token, self._keys, algorithms=ALGORITHMS)
                break
            except (JoseError, ValueError):
                # The issuer may have new keys; it is asked now and then, whatever tokens arrive.
                if last or not await self._ask_issuer():
                    raise NotAuthenticated from None
        try:
            # What parsers read differently (a claim twice, say) is nothing to rely on, whoever signed it.
            for part in token.split(".")[:2]:
                check_json(base64.urlsafe_b64decode(part + "=="))
            self._claims.validate(decoded.claims)
        except (JoseError, Malformed):
            raise NotAuthenticated from None
        if str(decoded.header.get("typ", "")).lower() not in {"at+jwt", "application/at+jwt"}:
            raise NotAuthenticated
        return decoded.claims

    async def _ask_issuer(self) -> bool:
        """Fetch the key set, at most every thirty seconds; tell whether it was fetched."""
        if not self._jwks_url or time.monotonic() - self._asked_at < _ASK_ISSUER_EVERY_S:
            return False
        self._asked_at = time.monotonic()
        try:
            async with httpx2.AsyncClient(timeout=3.0) as client:
                response = await client.get(self._jwks_url)
                response.raise_for_status()
                self._keys = KeySet.import_key_set(response.json())
        except (httpx2.HTTPError, JoseError, ValueError):
            return False
        return True


def _principal(claims: dict[str, Any]) -> Principal:
    """Read our claims: `roles`, `area` (code prefixes), `org`, `scope`."""
    subject, roles, areas, org = claims["sub"], claims.get("roles", []), claims.get("area", []), claims.get("org")
    areas = [areas] if isinstance(areas, str) else areas
    scopes = claims.get("scope", "")
    shaped = (
        _is_name(subject)
        and subject != ANONYMOUS.id
        and not subject.startswith(SYSTEM)
        and isinstance(roles, list)
        and all(role in ROLES and role != "auto" for role in roles)
        and isinstance(areas, list)
        and len(areas) <= _AREAS_MAX
        and all(
            isinstance(area, str) and area.isascii() and area.isdecimal() and len(area) in _PREFIX_LENGTHS for area in areas
        )
        and (org is None or _is_name(org))
        and (org or not DESKS.intersection(roles))  # a desk sees its organisation's cases, so it has one
        and isinstance(scopes, str)
    )
    if not shaped:
        raise NotAuthenticated
    principal = Principal(id=subject, roles=frozenset(roles), areas=tuple(areas), org=org, scopes=frozenset(scopes.split()))
    if principal.is_too_much:
        raise NotAuthenticated
    return principal


def _is_name(claim: Any) -> bool:
    """Tell whether a claim can name somebody: a text that fits into a row and a line, not a document."""
    return isinstance(claim, str) and 0 < len(claim) <= _NAME_CHARS_MAX and claim.isprintable()
