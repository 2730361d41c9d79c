"""Tokens: only what our issuer signed for us, unexpired and of our shape, speaks for anybody."""

import base64
import hmac
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


def part(content: Any) -> str:
    raw = content if isinstance(content, bytes) else orjson.dumps(content)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


def tampered(*, header: Any = None, claims: Any = None, signature: str | None = None) -> str:
    """Return a good token of which a part was changed after it was signed."""
    first, second, third = signed().split(".")
    return ".".join(
        (
            first if header is None else part(header),
            second if claims is None else part(claims),
            third if signature is None else signature,
        )
    )


def unsigned(algorithm: str = "none") -> str:
    return f"{part({'alg': algorithm, 'typ': 'at+jwt'})}.{part(claims_of(signed()))}."


def signed_by_hand(header: bytes, claims: bytes) -> str:
    """Return what our key signed although no library would write it so."""
    message = f"{part(header)}.{part(claims)}"
    return f"{message}.{part(KEY.get_op_key('sign').sign(message.encode()))}"


def signed_with_pem() -> str:
    """Return what somebody signed with our public key in PEM as a shared secret."""
    message = f"{part({**GOOD_HEADER, 'alg': 'HS256'})}.{part(LEADER)}"
    return f"{message}.{part(hmac.digest(KEY.as_pem(private=False), message.encode(), 'sha256'))}"


GOOD_HEADER = {"alg": "Ed25519", "typ": "at+jwt", "kid": "k1"}
LEADER = {**claims_of(signed()), "roles": ["county_admin"], "area": ["990101"]}


async def test_a_good_token_says_who_it_is() -> None:
    principal = await TOKENS.principal(f"Bearer {signed(org='990101-water', scope='incidents:read areas:read')}")

    assert (principal.id, principal.roles, principal.areas) == (
        "worker-7",
        frozenset({"grid_worker"}),
        ("990101001001001",),
    )
    assert (principal.org, principal.scopes) == ("990101-water", frozenset({"incidents:read", "areas:read"}))


FORGED: dict[str, str] = {
    "unsigned": unsigned(),
    "unsigned, spelled otherwise": unsigned("None"),
    "with an empty signature": unsigned("Ed25519"),
    "signed by a stranger": signed(STRANGER),
    "signed by a stranger under a key of theirs": signed(STRANGER, header={"kid": "k9"}),
    "brings the key along in its header": signed(STRANGER, header={"jwk": STRANGER.as_dict(private=False)}),
    "says where its key is": signed(STRANGER, header={"jku": "https://elsewhere.invalid/jwks.json"}),
    "signed with our public key as a secret": signed(OctKey.import_key(Issuer(KEY).jwks()), header={"alg": "HS256"}),
    "signed with our public key in PEM as a secret": signed_with_pem(),
    "made more of after it was signed": tampered(claims=LEADER),
    "with another header than was signed": tampered(header={**GOOD_HEADER, "x": 1}),
    "with a short signature": tampered(signature="AAAA"),
    "without its signature": signed().rpartition(".")[0],
    "with two signatures": f"{signed()}.{part(b'x' * 64)}",
    "two at once": f"{signed()} {signed()}",
    "critical: unknown": signed_by_hand(orjson.dumps({**GOOD_HEADER, "crit": ["x"], "x": 1}), orjson.dumps(LEADER)),
    "claims that are a list": signed_by_hand(orjson.dumps(GOOD_HEADER), b"[]"),
    "claims that are rubbish": signed_by_hand(orjson.dumps(GOOD_HEADER), b"rubbish"),
    "a header that is a list": signed_by_hand(b"[]", orjson.dumps(LEADER)),
    "a claim twice": signed_by_hand(orjson.dumps(GOOD_HEADER), orjson.dumps(LEADER)[:-1] + b',"sub":"another"}'),
    "another issuer": signed(iss="https://elsewhere.invalid"),
    "for another system": signed(aud="another-system"),
    "expired": signed(exp=int(time.time()) - 60),
    "without an end": signed(exp=None),
    "with an end that is no time": signed(exp="never"),
    "with an end beyond all time": signed(exp=1e400),
    "of no issuer": signed(iss=None),
    "for no system": signed(aud=None),
    "of no time": signed(iat=None),
    "not yet": signed(nbf=int(time.time()) + 3_600),
    "for nobody": signed(sub=None),
    "for a name without letters": signed(sub=""),
    "for a number": signed(sub=7),
    "for a name that is a document": signed(sub="a" * 101),
    "for a name that no database takes": signed(sub=chr(0) + "worker"),
    "for a name that nobody can write into a revocation": signed(sub="张 三"),
    "for strangers": signed(sub="anonymous"),
    "for a service itself": signed(sub="system:incidents"),
    "of an organisation that is a document": signed(org="a" * 101),
    "from the future": signed(iat=int(time.time()) + 3_600),
    "an identity token": signed(header={"typ": "JWT"}),
    "of no type": signed_by_hand(b'{"alg":"Ed25519","kid":"k1"}', orjson.dumps(LEADER)),
    "pretends to be the system": signed(roles=["auto"]),
    "an unknown role": signed(roles=["king"]),
    "a department's desk without a department": signed(roles=["dept_desk"]),
    "roles that are no list": signed(roles="grid_worker"),
    "audits what it runs": signed(roles=["auditor", "sysadmin"]),
    "runs what it lets people into": signed(roles=["sysadmin", "security_admin"]),
    "audits whom it lets in": signed(roles=["security_admin", "auditor"]),
    "audits whom it lets in, by its scopes": signed(roles=["integrator"], scope="access:write audit:read"),
    "scopes that are a list": signed(scope=["areas:read"]),
    "everywhere": signed(area=[""]),
    "everywhere, one by one": signed(area=["990101"] * 21),
    "a whole province": signed(area=["99"]),
    "digits of another script": signed(area=["99010１"]),
    "a very long one": "x" * 1_000_000,
    "a good one that is very long": signed(x="x" * 8_192),
}


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="none at all"),
        pytest.param("", id="empty"),
        pytest.param("Basic dXNlcjpwYXNz", id="another scheme"),
        pytest.param("Bearer", id="a scheme alone"),
        *(pytest.param(f"Bearer {token}", id=name) for name, token in FORGED.items()),
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
