"""An identity provider of a county's own: an OpenID Connect server whose tokens look otherwise than ours, met by settings."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import flask
import httpx2
import pytest
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

from gridwhistle.common import tokens
from gridwhistle.common.problems import Busy
from gridwhistle.common.revoked import Revoked
from gridwhistle.common.settings import Settings
from gridwhistle.common.tokens import NotAuthenticated, Tokens
from gridwhistle.standalone.children import free_port
from tests.system.test_alone import Town, town

pytestmark = pytest.mark.anyio
__all__ = ["town"]
ACCEPTOR: dict[str, Any] = {
    "realm_access": {"roles": ["offline_access", "gw-town_acceptor"]},
    "org": ["990101-town"],
    "areas": ["990101001"],
}


@dataclass
class Client(ClientMixin):  # type: ignore[misc]  # the library has no types
    """An application that the provider knows."""

    client_id: str

    def get_client_id(self) -> str:
        return self.client_id

    def get_allowed_scope(self, scope: str | None) -> str:
        return scope or ""

    def check_client_secret(self, secret: str) -> bool:
        return secret == "of-the-test"  # noqa: S105

    def check_endpoint_auth_method(self, *_how: str) -> bool:
        return True

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"


@dataclass
class Provider:
    """A running provider: its clients' tokens have whatever claims the test says."""

    port: int = field(default_factory=free_port)
    claims: dict[str, Any] = field(default_factory=lambda: dict(ACCEPTOR))
    audience: str = "county-apps"
    keys: list[RSAKey] = field(default_factory=list)
    is_down: bool = False
    asked: int = 0

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def rotate(self) -> None:
        """Sign with a new key, and let the one before go."""
        self.keys[:] = [RSAKey.generate_key(2048, {"kid": uuid4().hex[:8], "use": "sig", "alg": "RS256"})]

    def token(self) -> str:
        """Return a token as an application gets it."""
        asked = {"grant_type": "client_credentials", "scope": "incidents:read"}
        answer = httpx2.post(f"{self.issuer}/token", data=asked, auth=("hotline-bridge", "of-the-test"))
        return f"Bearer {answer.raise_for_status().json()['access_token']}"


def _application(provider: Provider) -> flask.Flask:
    class Generator(JWTBearerTokenGenerator):  # type: ignore[misc]  # the library has no types
        def get_jwks(self) -> dict[str, Any]:
            key: dict[str, Any] = provider.keys[0].as_dict(private=True)
            return key

        def get_audiences(self, *_what: Any) -> list[str]:
            return [provider.audience, "account"]

        def get_extra_claims(self, *_what: Any) -> dict[str, Any]:
            return provider.claims

    application = flask.Flask("provider")
    server = AuthorizationServer(application, query_client=Client, save_token=lambda _token, _request: None)
    server.register_grant(grants.ClientCredentialsGrant)
    server.register_token_generator("default", Generator(provider.issuer))

    @application.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @application.get("/.well-known/openid-configuration")
    def discovery() -> dict[str, Any]:
        return {"issuer": provider.issuer, "jwks_uri": f"{provider.issuer}/jwks", "token_endpoint": f"{provider.issuer}/token"}

    @application.get("/jwks")
    def jwks() -> Any:
        provider.asked += 1
        unreadable = {"kty": "RSA", "use": "enc", "kid": "for-something-else", "n": "AQAB", "e": "AQAB"}
        return flask.abort(503) if provider.is_down else {"keys": [*(key.as_dict() for key in provider.keys), unreadable]}

    return application


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Run an identity provider."""
    provider = Provider()
    provider.rotate()
    server = make_server("127.0.0.1", provider.port, _application(provider), threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield provider
    server.shutdown()
    serving.join()
    server.server_close()


def how_it_speaks(provider: Provider) -> dict[str, str]:
    """Return the settings with which the provider is understood."""
    discovered = httpx2.get(f"{provider.issuer}/.well-known/openid-configuration").json()
    return {
        "issuer": discovered["issuer"],
        "jwks_url": discovered["jwks_uri"],
        "audience": "county-apps",
        "token_algorithms": "RS256",
        "roles_claim": "realm_access.roles",
        "role_prefix": "gw-",
        "areas_claim": "areas",
    }


@pytest.fixture
def understood(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Tokens:
    monkeypatch.setattr(tokens, "_ASK_ISSUER_EVERY_S", 0)
    monkeypatch.setattr(tokens, "_ASK_AGAIN_S", 0)
    return Tokens.of(_settings(provider), _nobody())


def _settings(provider: Provider, **otherwise: str) -> Settings:
    given: dict[str, Any] = {"database_url": "x", "nats_url": "x", "keys_file": Path("x")}
    return Settings(**given, **{**how_it_speaks(provider), **otherwise})


def _nobody() -> Revoked:
    revoked = Revoked()
    revoked._by_subject = {}
    return revoked


async def test_claims_of_another_shape_say_who_somebody_is(provider: Provider, understood: Tokens) -> None:
    caller = await understood.principal(provider.token())

    assert (caller.id, caller.roles, caller.areas) == ("hotline-bridge", {"town_acceptor"}, ("990101001",))
    assert (caller.org, caller.scopes) == ("990101-town", {"incidents:read"})


@pytest.mark.parametrize(
    "claims",
    [
        {**ACCEPTOR, "realm_access": {"roles": ["gw-king"]}},
        {**ACCEPTOR, "realm_access": {"roles": ["gw-auto"]}},
        {**ACCEPTOR, "realm_access": {"roles": ["gw-sysadmin", "gw-auditor"]}},
        {**ACCEPTOR, "realm_access": {"roles": "gw-town_acceptor"}},
        {**ACCEPTOR, "areas": ["99"]},
        {**ACCEPTOR, "org": ["990101-town", "990101-water"]},
    ],
    ids=["an unknown role of ours", "the system itself", "too much at once", "no list", "a province", "two organisations"],
)
async def test_claims_that_nobody_can_have_are_refused(provider: Provider, understood: Tokens, claims: dict[str, Any]) -> None:
    provider.claims = claims

    with pytest.raises(NotAuthenticated):
        await understood.principal(provider.token())


async def test_roles_of_others_give_nothing(provider: Provider, understood: Tokens) -> None:
    provider.claims = {**ACCEPTOR, "realm_access": {"roles": ["town_acceptor", "admin"]}}

    caller = await understood.principal(provider.token())

    assert caller.roles == frozenset()


async def test_a_token_for_another_system_is_refused(provider: Provider, understood: Tokens) -> None:
    provider.audience = "another-system"

    with pytest.raises(NotAuthenticated):
        await understood.principal(provider.token())


@pytest.mark.parametrize(
    "otherwise",
    [{"issuer": "https://elsewhere.example"}, {"token_algorithms": "ES256,Ed25519"}, {"token_type": "jwt"}],
    ids=["another issuer", "another algorithm", "another type"],
)
async def test_what_the_settings_do_not_say_is_refused(provider: Provider, otherwise: dict[str, str]) -> None:
    with pytest.raises(NotAuthenticated):
        await Tokens.of(_settings(provider, **otherwise), _nobody()).principal(provider.token())


async def test_a_new_key_is_taken_and_the_one_before_is_not_any_more(provider: Provider, understood: Tokens) -> None:
    before = provider.token()
    await understood.principal(before)

    provider.rotate()
    after = await understood.principal(provider.token())

    assert after.id == "hotline-bridge"
    with pytest.raises(NotAuthenticated):
        await understood.principal(before)


async def test_a_key_that_was_withdrawn_is_found_out_though_nobody_comes_with_a_new_one(
    provider: Provider, understood: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The clock itself is not moved: it is that of every loop, and what sleeps meanwhile would sleep until then.
    monkeypatch.setattr(tokens, "_KEYS_GOOD_S", 0)
    before = provider.token()
    await understood.principal(before)
    provider.rotate()

    with pytest.raises(NotAuthenticated):
        await understood.principal(before)


async def test_a_provider_that_is_away_keeps_nobody_out_whose_key_is_known(provider: Provider, understood: Tokens) -> None:
    first = provider.token()
    await understood.principal(first)
    provider.is_down = True

    again = await understood.principal(provider.token())

    assert again.id == "hotline-bridge"


async def test_before_the_keys_can_be_had_people_are_told_to_come_later(provider: Provider, understood: Tokens) -> None:
    provider.is_down = True

    with pytest.raises(Busy):
        await understood.principal(provider.token())


async def test_many_first_requests_ask_the_provider_once(provider: Provider) -> None:
    fresh, token = Tokens.of(_settings(provider), _nobody()), provider.token()

    callers = await asyncio.gather(*(fresh.principal(token) for _ in range(20)))

    assert {caller.id for caller in callers} == {"hotline-bridge"}
    assert provider.asked == 1


async def test_a_service_in_production_serves_those_whom_the_provider_sends(town: Town, provider: Provider) -> None:
    given = {f"GW_{name.upper()}": value for name, value in how_it_speaks(provider).items()}
    settings = {"GW_DEVELOPMENT": "false", "GW_JWKS_FILE": "", **given}

    async with town.service("personnel", **settings) as alone, httpx2.AsyncClient(base_url=alone.base_url) as client:
        served = await client.get("/personnel/v1/areas", headers={"Authorization": provider.token()})
        provider.audience = "another-system"
        refused = await client.get("/personnel/v1/areas", headers={"Authorization": provider.token()})

    assert (served.status_code, refused.status_code) == (200, 401)
