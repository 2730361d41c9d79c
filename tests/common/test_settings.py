"""What an operator sets, and hears when it is wrong."""

from pathlib import Path
from typing import Any

import pytest

from gridwhistle.common.settings import STANDARD, CannotServe, Settings, listed, read

PASSWORD = "fj39-fm2k-44ks"  # noqa: S105  of nobody
COMPLETE = {
    "GW_DATABASE_URL": f"postgresql://toolshed:{PASSWORD}@db:5432/toolshed",
    "GW_NATS_URL": f"nats://toolshed:{PASSWORD}@nats:4222",
    "GW_KEYS_FILE": "/somewhere/keys",
    "GW_ISSUER": "https://issuer.example",
    "GW_JWKS_FILE": "/somewhere/jwks.json",
}


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_a_secret_may_come_from_a_file_and_the_environment_goes_first(complete: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "gw_database_url").write_text("postgresql://from-a-file/toolshed\n")
    (tmp_path / "gw_nats_url").write_text("nats://from-a-file\n")
    complete.delenv("GW_DATABASE_URL")
    complete.setenv("GW_SECRETS_DIR", str(tmp_path))

    settings = read(Settings)

    assert settings.database_url == "postgresql://from-a-file/toolshed"
    assert settings.nats_url == COMPLETE["GW_NATS_URL"]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("GW_DATABASE_URL", None, "GW_DATABASE_URL is not set. The service's own database"),
        ("GW_JWKS_FILE", None, "Set GW_JWKS_FILE or GW_JWKS_URL"),
        ("GW_PORT", "66000", "GW_PORT is not valid: Input should be less than or equal to 65535"),
        ("GW_PORT", PASSWORD, "GW_PORT is not valid: Input should be a valid integer"),
        ("GW_LOG_LEVEL", PASSWORD, "GW_LOG_LEVEL is not valid: Input should be 'debug'"),
    ],
    ids=["missing", "no keys", "too much", "no number", "not one of these"],
)
def test_what_is_wrong_is_said_in_both_languages_and_never_repeated(
    complete: pytest.MonkeyPatch, name: str, value: str | None, told: str
) -> None:
    if value is None:
        complete.delenv(name)
    else:
        complete.setenv(name, value)

    with pytest.raises(CannotServe) as refusal:
        read(Settings)

    (reason,) = refusal.value.reasons
    assert told in reason.en
    assert "GW_" in reason.zh
    assert PASSWORD not in str(refusal.value)


@pytest.mark.parametrize("password", ["a:b", "a/b", "a@b", "a:b@c/d"])
def test_no_sign_in_a_password_shows_a_part_of_it(complete: pytest.MonkeyPatch, password: str) -> None:
    complete.setenv("GW_DATABASE_URL", f"postgresql://toolshed:{password}@db:5432/toolshed")

    rows = {row["name"]: row for row in listed({"toolshed": Settings})}

    assert rows["GW_DATABASE_URL"]["value"] == "postgresql://toolshed:***@db:5432/toolshed"


def test_settings_are_listed_with_their_meaning_and_without_passwords(complete: pytest.MonkeyPatch) -> None:
    complete.setenv("GW_ACCESS_LOG", "true")

    rows: dict[str, dict[str, Any]] = {row["name"]: row for row in listed({"toolshed": Settings})}

    assert rows.keys() == {*(f"GW_{name.upper()}" for name in Settings.model_fields), *STANDARD}
    assert all(row["meaning"].endswith((".", "name", "port")) for row in rows.values())
    assert rows["GW_DATABASE_URL"]["value"] == "postgresql://toolshed:***@db:5432/toolshed"
    assert rows["GW_ACCESS_LOG"] | {"meaning": "", "services": []} == {
        "name": "GW_ACCESS_LOG",
        "services": [],
        "meaning": "",
        "default": "false",
        "required": False,
        "value": "true",
        "source": "environment",
    }
    assert PASSWORD not in str(rows)
