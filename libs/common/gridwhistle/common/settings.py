"""What an operator can set, all of it from the environment: `GW_DATABASE_URL`, `GW_NATS_URL` and so on."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings of one service."""

    model_config = SettingsConfigDict(env_prefix="GW_", frozen=True)

    database_url: str = Field(description="The service's own database: postgresql://user:password@host:port/name")
    nats_url: str = Field(description="NATS with JetStream: nats://host:port")
    keys_file: Path = Field(description="Keys for what is stored sealed; a line is `number:64 hex digits`.")
    issuer: str = Field(description="Who signs access tokens: the exact `iss` claim.")
    jwks_file: Path | None = Field(default=None, description="The issuer's key set as a file.")
    jwks_url: str | None = Field(default=None, description="The issuer's key set as an address; asked when a key is new.")
    anchors_file: Path | None = Field(
        default=None, description="Where the newest seal of the audit is written down; best where it can only be appended to."
    )
    connections_max: int = Field(default=16, ge=2, le=200, description="Database connections for requests.")
    development: bool = Field(
        default=False, description="Any command may say As-Of which moment it is; never where people work."
    )

    @model_validator(mode="after")
    def _some_keys(self) -> Self:
        if self.jwks_file is None and self.jwks_url is None:
            raise ValueError("set GW_JWKS_FILE or GW_JWKS_URL: without the issuer's keys no token can be checked")
        return self
