"""`gridwhistle token`, and the issuer whose key lies in a folder."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from gridwhistle.common.issuer import ISSUER, Issuer
from gridwhistle.common.principal import DESKS, ROLES
from gridwhistle.standalone.shown import FOLDER, Folder, say


def token(
    role: Annotated[str, typer.Argument(help=f"One of: {', '.join(sorted(set(ROLES) - {'auto'}))}.")],
    area: Annotated[
        list[str], typer.Option(help="Code prefix: county 6, township 9, community 12, grid 15 digits; may be given again.")
    ],
    subject: Annotated[str, typer.Option(help="Who it is; a grid worker's is the worker's id.")] = "developer",
    org: Annotated[str | None, typer.Option(help="The organisation, for department roles.")] = None,
    scope: Annotated[str, typer.Option(help="Permissions for an integrator, separated by spaces.")] = "",
    data_dir: Folder = FOLDER,
    issuer_name: Annotated[
        str, typer.Option("--issuer", envvar="GW_ISSUER", help="The issuer whose name the token says.")
    ] = ISSUER,
) -> None:
    """Print a token, signed with the issuer's key in a folder: a suite's data, or a deployment's secrets/issuer."""
    issuer = issuer_of(data_dir, issuer_name)
    lengths = {6, 9, 12, 15}
    if role not in set(ROLES) - {"auto"} or any(not code.isdecimal() or len(code) not in lengths for code in area):
        say.print("[red]That is not a role, or not a code prefix of 6, 9, 12 or 15 digits.[/] See --help.")
        sys.exit(2)
    if role in DESKS and not org:
        say.print("[red]A department's people belong to an organisation:[/] name it with --org.")
        sys.exit(2)
    print(issuer.token(subject, [role], area, org=org, scope=scope))  # noqa: T201  the output itself


def issuer_of(data_dir: Path, name: str = ISSUER) -> Issuer:
    """Return the issuer of a data folder, or say that there is no suite and exit."""
    key = data_dir / "issuer.json"
    if not key.exists():
        say.print(f"[red]There is no suite in {data_dir}.[/] Start one with `gridwhistle up`, or name its --data-dir.")
        sys.exit(1)
    return Issuer.kept_in(key, name)
