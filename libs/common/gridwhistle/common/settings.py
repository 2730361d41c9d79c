"""What an operator can set: environment variables `GW_DATABASE_URL`, `GW_NATS_URL` and so on, or files of these names.

A secret need not stand in the environment: a file `gw_database_url` in the folder that `GW_SECRETS_DIR` names (`/run/secrets`
when that is there) is read as `GW_DATABASE_URL`. The environment goes before files.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeVar

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings, SettingsConfigDict

from gridwhistle.common.problems import Term

PREFIX: Final = "GW_"
STANDARD: Final = {
    "GW_SECRETS_DIR": "The folder whose files are read as settings; /run/secrets when that is there.",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "Where traces go, as OTLP over HTTP; other OTEL_* variables mean what they mean elsewhere.",
}
"""Variables that are no fields of a settings class."""
_SECRETS_DIR: Final = Path("/run/secrets")
_ALGORITHM: Final = "Ed25519|EdDSA|ES256|PS256|RS256"
_PASSWORD = re.compile(r"(?<=://)([^:/@]*:).*(?=@)")
_Settings = TypeVar("_Settings", bound="Migrating")


class CannotServe(Exception):
    """A service refuses to start; the reasons say what is wrong, in both languages, and never repeat what was set."""

    def __init__(self, reasons: Sequence[Term]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(f"{reason.en}\n{reason.zh}" for reason in reasons))


class Migrating(BaseSettings):
    """The settings that a migration needs: it runs as the database's owner, who is nobody else."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    database_url: str = Field(description="The service's own database: postgresql://user:password@host:port/name")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged, and above.")
    log_format: Literal["auto", "json", "text"] = Field(
        default="auto", description="JSON lines, or text; auto is text on a terminal and JSON elsewhere."
    )


class Settings(Migrating):
    """The settings that every service has. A service that needs more subclasses this."""

    nats_url: str = Field(description="NATS with JetStream: nats://user:password@host:port; of a cluster several, with commas.")
    nats_monitoring_url: str | None = Field(
        default=None, description="NATS's monitoring address, http://host:port; asked whether what is acknowledged is on disk."
    )
    nats_replicas: int = Field(
        default=1, ge=1, le=5, description="How many servers of a NATS cluster keep the service's stream, when it is made."
    )
    keys_file: Path = Field(description="Keys for what is stored sealed; a line is `number:64 hex digits`.")
    issuer: str = Field(description="Who signs access tokens: the exact `iss` claim.")
    jwks_file: Path | None = Field(default=None, description="The issuer's key set as a file.")
    jwks_url: str | None = Field(
        default=None, description="The issuer's key set as an address; asked when a key is new, and every ten minutes."
    )
    audience: str = Field(default="gridwhistle", description="Whom tokens are for: their `aud` is this, or has it.")
    token_algorithms: str = Field(
        default="Ed25519,ES256",
        pattern=rf"^({_ALGORITHM})(,({_ALGORITHM}))*$",
        description="How tokens are signed: of Ed25519, EdDSA, ES256, PS256 and RS256, those that the issuer uses.",
    )
    token_type: Literal["at+jwt", "jwt"] = Field(
        default="at+jwt", description="The `typ` of tokens; jwt for an issuer that does not tell access tokens from others."
    )
    roles_claim: str = Field(default="roles", description="The claim with the roles; dots lead inwards: `realm_access.roles`.")
    role_prefix: str = Field(
        default="", description="How our roles begin at the issuer; if set, roles that begin otherwise are none of ours."
    )
    org_claim: str = Field(default="org", description="The claim with the organisation.")
    areas_claim: str = Field(default="area", description="The claim with the areas, as code prefixes.")
    scope_claim: str = Field(default="scope", description="The claim with the scopes, separated by spaces.")
    host: str = Field(default="127.0.0.1", description="The address to serve on.")
    port: int = Field(default=8000, ge=0, le=65_535, description="The port to serve on; 0 takes a free one.")
    anchors_file: Path | None = Field(
        default=None, description="Where the newest seal of the audit is written down; best where it can only be appended to."
    )
    attachments_dir: Path | None = Field(
        default=None, description="Keeps the files of attachments, a folder a service; services that take attachments need it."
    )
    connections_max: int = Field(default=16, ge=2, le=200, description="Database connections for requests.")
    database_wait_s: float = Field(default=60, ge=0, le=3_600, description="How long a start waits for PostgreSQL, in seconds.")
    notice_s: float = Field(
        default=1,
        ge=0,
        le=300,
        description="How long a service that stops says so before it takes no more connections, in seconds.",
    )
    drain_s: float = Field(
        default=20, ge=0, le=3_600, description="How long a service that stops finishes what it has begun, in seconds."
    )
    access_log: bool = Field(default=False, description="Log one line a request.")
    development: bool = Field(
        default=False,
        description="Never where people work: allows the development issuer, sample secrets, and commands that say As-Of.",
    )

    def environment(self) -> dict[str, str]:
        """Return the environment that gives a process these settings."""
        given = {f"{PREFIX}{name.upper()}": getattr(self, name) for name in type(self).model_fields}
        return {name: str(value) for name, value in given.items() if value is not None}

    @model_validator(mode="after")
    def _some_keys(self) -> Self:
        if self.jwks_file is None and self.jwks_url is None:
            raise ValueError("set GW_JWKS_FILE or GW_JWKS_URL: without the issuer's keys no token can be checked")
        if self.jwks_file is not None and self.jwks_url is not None:
            raise ValueError("set GW_JWKS_FILE or GW_JWKS_URL, not both: whoever has a key of either could sign tokens")
        return self


def read(kind: type[_Settings]) -> _Settings:
    """Return the settings that the environment and the secret files give.

    Raises:
        CannotServe: something is missing or not valid.
    """
    try:
        return kind(_secrets_dir=_secrets_dir())
    except ValidationError as error:
        raise CannotServe(
            [_reason(kind, dict(fault)) for fault in error.errors(include_input=False, include_url=False)]
        ) from None


def _secrets_dir() -> Path | None:
    folder = Path(os.environ.get("GW_SECRETS_DIR") or _SECRETS_DIR)
    return folder if folder.is_dir() else None


def _reason(kind: type[Migrating], fault: Mapping[str, Any]) -> Term:
    if not fault["loc"]:  # a rule over several settings speaks for itself
        told = str(fault["msg"]).removeprefix("Value error, ")
        return Term(f"设置不完整：{told}。", f"{told[0].upper()}{told[1:]}.")
    name = str(fault["loc"][0])
    variable = PREFIX + name.upper()
    if fault["type"] == "missing":
        return Term(f"未设置 {variable}。", f"{variable} is not set. {kind.model_fields[name].description}")
    return Term(f"{variable} 的值无效：{fault['msg']}。", f"{variable} is not valid: {fault['msg']}.")


def tracing_is_asked_for() -> bool:
    """Tell whether an exporter of traces is set."""
    return any(os.environ.get(name) for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))


def listed(kinds: Mapping[str, type[Settings]]) -> list[dict[str, Any]]:
    """Return every setting with its meaning, its default and what it is now; passwords are hidden.

    Args:
        kinds: the settings class of each service, by the service's name.
    """
    rows = []
    secrets_dir = _secrets_dir()
    for name in {name: None for kind in kinds.values() for name in kind.model_fields}:
        having = [service for service, kind in kinds.items() if name in kind.model_fields]
        field = kinds[having[0]].model_fields[name]
        variable = PREFIX + name.upper()
        file = secrets_dir / variable.lower() if secrets_dir else None
        source, value = "default", None if field.default is PydanticUndefined else _shown(field.default)
        if variable in os.environ:
            source, value = "environment", _shown(os.environ[variable])
        elif file and file.is_file():
            source, value = "file", _shown(file.read_text().strip())
        elif field.is_required():
            source = "missing"
        rows.append(
            {
                "name": variable,
                "services": having,
                "meaning": field.description,
                "default": None if field.is_required() else _shown(field.default),
                "required": field.is_required(),
                "value": value,
                "source": source,
            }
        )
    for variable, meaning in STANDARD.items():
        value = os.environ.get(variable)
        row = {"name": variable, "services": list(kinds), "meaning": meaning, "default": None, "required": False}
        rows.append({**row, "value": _shown(value), "source": "environment" if value else "default"})
    return rows


def _shown(value: Any) -> str | None:
    """Return a value as it may be seen: from the first `:` of an address's user to its last `@` is a password."""
    if value is None:
        return None
    return _PASSWORD.sub(r"\1***", str(value).lower() if isinstance(value, bool) else str(value))
