"""Tokens: only what our issuer signed for us, unexpired and of our shape, speaks for anybody."""

import base64
import time
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from gridwhistle.common.issuer import ISSUER, Issuer
from gridwhistle.common.tokens import AUDIENCE, NotAuthenticated, Tokens

pytestmark = pytest.mark.anyio
KEY = OKPKey.generate_key("Ed25519", {"kid": "k1", "use": "sig", "alg": "Ed25519"})
STRANGER = OKPKey.generate_key("Ed25519", {"kid": "k1", "use": "sig", "alg": "Ed25519"})
TOKENS = Tokens(ISSUER, jwks=Issuer(KEY).jwks())


def signed(key: Any = KEY, header: dict[str, Any] | None = None, **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "worker-7",
        "iat": now,
        "exp": now + 60,
        "roles": ["grid_worker"],
        "area": ["990101001001001"],
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    header = {"alg": "Ed25519", "typ": "at+jwt", "kid": "k1", **(header or {})}
    return jwt.encode(header, claims, key, algorithms=["Ed25519", "HS256"])


def unsigned() -> str:
    def part(content: Any) -> str:
        return base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")

    body = orjson.loads(base64.urlsafe_b64decode(signed().split(".")[1] + "=="))
    return f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{part(body)}."


async def test_a_good_token_says_who_it_is() -> None:
    principal = await TOKENS.principal(f"Bearer {signed(org='990101-water', scope='incidents:read areas:read')}")

    assert (principal.id, principal.roles, principal.areas) == (
        "worker-7",
        frozenset({"grid_worker"}),
        ("990101001001001",),
    )
    assert (principal.org, principal.scopes) == ("990101-water", frozenset({"incidents:read", "areas:read"}))


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="none at all"),
        pytest.param("", id="empty"),
        pytest.param("Basic dXNlcjpwYXNz", id="another scheme"),
        pytest.param("Bearer not.a.token", id="no token"),
        pytest.param(f"Bearer {unsigned()}", id="unsigned"),
        pytest.param(f"Bearer {signed(STRANGER)}", id="signed by a stranger"),
        pytest.param(
            f"Bearer {signed(OctKey.import_key(Issuer(KEY).jwks()), header={'alg': 'HS256'})}",
            id="signed with our public key as a secret",
        ),
        pytest.param(f"Bearer {signed(iss='https://elsewhere.invalid')}", id="another issuer"),
        pytest.param(f"Bearer {signed(aud='another-system')}", id="for another system"),
        pytest.param(f"Bearer {signed(exp=int(time.time()) - 60)}", id="expired"),
        pytest.param(f"Bearer {signed(exp=None)}", id="without an end"),
        pytest.param(f"Bearer {signed(sub=None)}", id="for nobody"),
        pytest.param(f"Bearer {signed(iat=int(time.time()) + 3_600)}", id="from the future"),
        pytest.param(f"Bearer {signed(header={'typ': 'JWT'})}", id="an identity token"),
        pytest.param(f"Bearer {signed(roles=['auto'])}", id="pretends to be the system"),
        pytest.param(f"Bearer {signed(roles=['king'])}", id="an unknown role"),
        pytest.param(f"Bearer {signed(roles=['dept_desk'])}", id="a department's desk without a department"),
        pytest.param(f"Bearer {signed(roles='grid_worker')}", id="roles that are no list"),
        pytest.param(f"Bearer {signed(area=[''])}", id="everywhere"),
        pytest.param(f"Bearer {signed(area=['99'])}", id="a whole province"),
        pytest.param(f"Bearer {signed(area=['99010１'])}", id="digits of another script"),
        pytest.param(f"Bearer {'x' * 10_000}", id="a very long one"),
    ],
)
async def test_nothing_else_speaks_for_anybody(header: str | None) -> None:
    with pytest.raises(NotAuthenticated):
        await TOKENS.principal(header)


async def test_a_remembered_token_ends_when_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    token = f"Bearer {signed(exp=int(time.time()) + 60)}"
    await TOKENS.principal(token)
    later = time.time() + 120
    monkeypatch.setattr(time, "time", lambda: later)

    with pytest.raises(NotAuthenticated):
        await TOKENS.principal(token)
