"""Access tokens (RFC 9068): checked against the issuer's keys, remembered by their hash until they expire."""

import asyncio
import base64
import hashlib
import logging
import math
import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import httpx2
import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gridwhistle.common.ids import ACTOR
from gridwhistle.common.principal import ANONYMOUS, DESKS, ROLES, SYSTEM, Principal
from gridwhistle.common.problems import Busy, Problem, Term
from gridwhistle.common.revoked import Revoked
from gridwhistle.common.wire import Malformed, check_json

if TYPE_CHECKING:
    from gridwhistle.common.settings import Settings

log = logging.getLogger(__name__)
AUDIENCE: Final = "gridwhistle"
TOKEN_CHARS_MAX = 8_192
_PREFIX_LENGTHS = frozenset({6, 9, 12, 15})
_KEY_TYPES = frozenset({"OKP", "EC", "RSA"})
_AREAS_MAX = 20
_ACTOR = re.compile(ACTOR)
_NAME_CHARS_MAX = 100
_CLOCK_SKEW_S = 30
_REMEMBERED_MAX = 10_000
_ASK_ISSUER_EVERY_S = 30.0
_ASK_AGAIN_S = 3.0
_KEYS_GOOD_S = 600.0
"""A key that the issuer has withdrawn is good for so long at most."""


class NotAuthenticated(Problem):
    """No token, or not one that we accept."""

    status, code, kept = 401, "not_authenticated", False
    title = Term("需要有效的令牌", "A valid token is needed")
    zh = "请在 Authorization 头中携带有效的 Bearer 令牌(签发方、受众、有效期均须符合)。"
    en = "Send a Bearer token in Authorization that our issuer signed for us and that has not expired."
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="gridwhistle"'}


@dataclass(frozen=True)
class Spoken:
    """How an issuer speaks: what its tokens look like, and which of their claims say what."""

    audience: str = AUDIENCE
    algorithms: tuple[str, ...] = ("Ed25519", "ES256")
    type: str = "at+jwt"
    roles: str = "roles"
    role_prefix: str = ""
    org: str = "org"
    areas: str = "area"
    scope: str = "scope"


class Tokens:
    """Turns tokens into principals. The issuer's keys come as a document, or from an address when a new key id shows up."""

    def __init__(
        self,
        issuer: str,
        *,
        jwks: str | None = None,
        jwks_url: str | None = None,
        spoken: Spoken = Spoken(),
        revoked: Revoked | None = None,
    ) -> None:
        """Take the issuer, its key set as JSON text or as an address, how it speaks, and whose tokens are refused."""
        self._jwks_url, self._spoken, self._revoked = jwks_url, spoken, revoked
        self._keys = KeySet.import_key_set(orjson.loads(jwks)) if jwks else KeySet([])
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_CLOCK_SKEW_S,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": spoken.audience},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        self._types = {spoken.type, f"application/{spoken.type}", *({""} if spoken.type == "jwt" else ())}
        self._remembered: OrderedDict[bytes, tuple[Principal, float, float]] = OrderedDict()
        self._asking = asyncio.Lock()
        self._ask_at, self._good_until = -math.inf, -math.inf if jwks_url else math.inf

    @classmethod
    def of(cls, settings: "Settings", revoked: Revoked) -> "Tokens":
        """Return what the settings say of tokens."""
        spoken = Spoken(
            settings.audience,
            tuple(settings.token_algorithms.split(",")),
            settings.token_type,
            settings.roles_claim,
            settings.role_prefix,
            settings.org_claim,
            settings.areas_claim,
            settings.scope_claim,
        )
        jwks = settings.jwks_file.read_text() if settings.jwks_file else None
        return cls(settings.issuer, jwks=jwks, jwks_url=settings.jwks_url, spoken=spoken, revoked=revoked)

    async def principal(self, authorization: str | None) -> Principal:
        """Return who the `Authorization` header speaks for.

        Raises:
            NotAuthenticated: no token, or one that is forged, expired, not for us, or not of our shape.
            TokenRevoked: one that was good, and was revoked.
            Busy: the issuer's keys could not be had yet.
        """
        if authorization is None or authorization[:7].lower() != "bearer " or len(authorization) > TOKEN_CHARS_MAX:
            raise NotAuthenticated
        if time.monotonic() > self._good_until:
            await self._ask_issuer(due=True)
        mark = hashlib.sha256(authorization.encode("latin-1", "replace")).digest()
        remembered = self._remembered.get(mark)
        if remembered is None or remembered[2] <= time.time():
            claims = await self._verified(authorization[7:].strip())
            remembered = self._remembered[mark] = (self._principal(claims), float(claims["iat"]), float(claims["exp"]))
            if len(self._remembered) > _REMEMBERED_MAX:
                self._remembered.popitem(last=False)
        principal, issued_at, _ = remembered
        if self._revoked:
            self._revoked.check(principal, issued_at)
        return principal

    async def _verified(self, token: str) -> dict[str, Any]:
        for last in (False, True):
            try:
                decoded = jwt.decode(token, self._keys, algorithms=[*self._spoken.algorithms])
                break
            except (JoseError, ValueError):
                # The issuer may have new keys; it is asked now and then, whatever tokens arrive.
                if last or not await self._ask_issuer():
                    raise (Busy if self._jwks_url and not self._keys.keys else NotAuthenticated) from None
        try:
            # What parsers read differently (a claim twice, say) is nothing to rely on, whoever signed it.
            for part in token.split(".")[:2]:
                check_json(base64.urlsafe_b64decode(part + "=="))
            self._claims.validate(decoded.claims)
        except (JoseError, Malformed):
            raise NotAuthenticated from None
        if str(decoded.header.get("typ", "")).lower() not in self._types:
            raise NotAuthenticated
        return decoded.claims

    async def _ask_issuer(self, *, due: bool = False) -> bool:
        """Fetch the key set, now and then at most; tell whether there are other keys than before.

        Args:
            due: whether it is only to be looked whether the keys that we have are still good.
        """
        known, asked = self._keys, self._ask_at
        async with self._asking:
            if self._ask_at != asked or not self._jwks_url or time.monotonic() < self._ask_at:
                return self._keys is not known  # somebody asked while we waited, or not long ago
            if due and time.monotonic() <= self._good_until:
                return False
            self._ask_at = time.monotonic() + _ASK_AGAIN_S
            try:
                async with httpx2.AsyncClient(timeout=3.0) as client:
                    response = await client.get(self._jwks_url)
                    response.raise_for_status()
                    keys = KeySet.import_key_set(_of_ours(response.json()))
            except (httpx2.HTTPError, JoseError, ValueError, TypeError, KeyError) as error:
                log.warning("the issuer's keys cannot be had: %s", type(error).__name__)
                return False
            self._ask_at, self._good_until = time.monotonic() + _ASK_ISSUER_EVERY_S, time.monotonic() + _KEYS_GOOD_S
            if keys.as_dict() == known.as_dict():
                return False
            self._keys = keys
            self._remembered.clear()  # who was let in by a key that has gone shows the token again
            return True

    def _principal(self, claims: dict[str, Any]) -> Principal:
        """Read the claims that say roles, areas (code prefixes), organisation and scopes."""
        spoken, subject = self._spoken, claims["sub"]
        roles, areas = _found(claims, spoken.roles, []), _found(claims, spoken.areas, [])
        org, scopes = _found(claims, spoken.org, None), _found(claims, spoken.scope, "")
        areas = [areas] if isinstance(areas, str) else areas
        org = org[0] if isinstance(org, list) and len(org) == 1 else org
        if spoken.role_prefix and isinstance(roles, list):
            begin = spoken.role_prefix
            roles = [role.removeprefix(begin) for role in roles if isinstance(role, str) and role.startswith(begin)]
        shaped = (
            isinstance(subject, str)
            and _ACTOR.fullmatch(subject)  # whoever could not be named could not be let out again either
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


def _found(claims: Mapping[str, Any], path: str, otherwise: Any) -> Any:
    """Return the claim of this name, or, where there is none, what its dots lead to."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return otherwise
        found = found[name]
    return found


def _of_ours(document: Any) -> Any:
    """Return the keys of a set that can sign tokens: an issuer may have others, which we cannot read."""
    return {"keys": [key for key in document["keys"] if key.get("use", "sig") == "sig" and key.get("kty") in _KEY_TYPES]}


def _is_name(claim: Any) -> bool:
    """Tell whether a claim can name somebody: a text that fits into a row and a line, not a document."""
    return isinstance(claim, str) and 0 < len(claim) <= _NAME_CHARS_MAX and claim.isprintable()
