"""The secrets of a deployment with containers: every password and key as a file, made once and never overwritten.

Each container sees one folder of them, as `/run/secrets`. The files themselves may be read by everybody, since a container runs
as a user that the host does not know; the folder around them is closed to all but its owner.
"""

import secrets
import sys
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import bcrypt
import typer

from gridwhistle.common.issuer import OWN, Issuer
from gridwhistle.common.sealing import make_keys
from gridwhistle.standalone.shown import say

FOLDER: Final = Path("deploy/secrets")
_PASSWORD_BYTES: Final = 24
_HASH_ROUNDS: Final = 10
"""Nobody guesses 24 random bytes, however fast a guess is; but it is counted at every connection."""
app = typer.Typer(no_args_is_help=True, help="The secrets of a deployment with containers, as files.")

Folder = Annotated[Path, typer.Option("--folder", help="Where they stand; closed to all but its owner.")]
PostgresHost = Annotated[str, typer.Option("--postgres", help="Host and port of PostgreSQL, as the services reach it.")]
NatsHost = Annotated[
    str, typer.Option("--nats", help="Host and port of NATS, as the services reach it; of a cluster several, with commas.")
]


@app.command()
def init(folder: Folder = FOLDER, postgres: PostgresHost = "postgres:5432", nats: NatsHost = "nats:4222") -> None:
    """Make every secret that the suite needs. Where there are some already, nothing is made."""
    from gridwhistle.standalone.services import NAMES  # noqa: PLC0415  loads every service

    if any(not path.name.startswith(".") for path in folder.glob("*")):
        say.print(f"[red]There are secrets in {folder} already,[/] and the databases know them: nothing was changed.")
        say.print("For a service that came later: `gridwhistle secrets add NAME`.")
        sys.exit(1)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    _write(folder / "postgres" / "superuser", _password())
    _write(folder / "grafana" / "admin", _password())
    for name in NAMES:
        _of_service(folder, name, postgres, nats)
    issuer = Issuer.kept_in(_room(folder / "issuer") / "issuer.json", OWN)
    (folder / "issuer" / "issuer.json").chmod(0o644)
    _write(folder / "jwks" / "jwks.json", issuer.jwks())
    _room(folder / "gateway")
    say.print(f"The secrets are in {folder}. Keep a copy apart from the backups of the databases.")
    say.print("Tokens are signed with issuer/issuer.json there, until GW_ISSUER names an identity provider.")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The service.")],
    folder: Folder = FOLDER,
    postgres: PostgresHost = "postgres:5432",
    nats: NatsHost = "nats:4222",
) -> None:
    """Make the secrets of a service that came later."""
    if not (name.isascii() and name.isidentifier() and name.islower()):
        say.print("[red]A service has a name of small letters.[/]")
        sys.exit(2)
    if not (folder / "postgres").exists() or (folder / name).exists():
        what = "has its secrets already" if (folder / name).exists() else "can have none yet: run `gridwhistle secrets init`"
        say.print(f"[red]{name} {what};[/] nothing was changed.")
        sys.exit(1)
    _of_service(folder, name, postgres, nats)
    say.print(f"The secrets of {name} are in {folder}. PostgreSQL and NATS are to be told of them; see docs/deploying.md.")


@app.command()
def renew(name: Annotated[str, typer.Argument(help="The service.")], folder: Folder = FOLDER) -> None:
    """Give a service new passwords; its keys stay. PostgreSQL and NATS are to be told, and the service starts again."""
    if not (folder / name / "gw_nats_url").exists():
        say.print(f"[red]{name} has no secrets in {folder};[/] nothing was changed.")
        sys.exit(1)
    for role, room in _roles(name):
        old, new = (folder / "postgres" / role).read_text(), _password()
        _rewrite(folder / "postgres" / role, old, new)
        if room:
            _rewrite(folder / room / "gw_database_url", f":{old}@", f":{new}@")
    url, new = folder / name / "gw_nats_url", _password()
    _rewrite(url, f":{urlsplit(url.read_text()).password}@", f":{new}@")
    hashed = folder / "nats" / f"{name}.conf"
    _rewrite(hashed, hashed.read_text(), _hashed(new))
    say.print(f"{name} has new passwords in {folder}. PostgreSQL and NATS are to be told of them; see docs/deploying.md.")


def _roles(name: str) -> tuple[tuple[str, str | None], ...]:
    """Return the roles of a service's database, each with the room where its address stands, if in one."""
    return (f"{name}_owner", f"{name}-owner"), (name, name), (f"{name}_read", None)


def _of_service(folder: Path, name: str, postgres: str, nats: str) -> None:
    for role, room in _roles(name):
        password = _password()
        _write(folder / "postgres" / role, password)
        if room:
            _write(folder / room / "gw_database_url", f"postgresql://{role}:{password}@{postgres}/{name}")
    password = _password()
    _write(folder / name / "gw_nats_url", ",".join(f"nats://{name}:{password}@{server}" for server in nats.split(",")))
    _write(folder / "nats" / f"{name}.conf", _hashed(password))
    make_keys(folder / name / "keys")
    (folder / name / "keys").chmod(0o644)


def _hashed(password: str) -> str:
    """Return how NATS knows a password. It stands in a file of its own: one that no user names any more does no harm."""
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(_HASH_ROUNDS, prefix=b"2a")).decode()
    return f'password: "{hashed}"\n'


def _password() -> str:
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def _write(path: Path, content: str) -> None:
    _room(path.parent)
    with path.open("x") as file:  # what is there already stays
        file.write(content)
    path.chmod(0o644)


def _rewrite(path: Path, old: str, new: str) -> None:
    """Put something else in a file, which is at no moment half written."""
    half = path.with_name(path.name + ".part")
    half.write_text(path.read_text().replace(old, new))
    half.chmod(0o644)
    half.rename(path)


def _room(folder: Path) -> Path:
    folder.mkdir(mode=0o755, exist_ok=True)
    folder.chmod(0o755)  # whatever the umask says: the closed door is the folder around it
    return folder
