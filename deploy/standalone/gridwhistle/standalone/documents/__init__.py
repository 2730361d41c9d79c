"""Writes the documents that come from the code: states, events, rules, the API. `--check` says which are not up to date."""

import sys
from pathlib import Path
from typing import Any, Final

from gridwhistle.common.events.schemas import released
from gridwhistle.common.principal import GRANTS, ROLES
from gridwhistle.standalone.demo.county import County
from gridwhistle.standalone.demo.page import MAP, map_of, page
from gridwhistle.standalone.documents import deployment, events, problems, readmes, rules, states
from gridwhistle.standalone.documents.writing import WRITTEN, as_json
from gridwhistle.standalone.manual import operating
from gridwhistle.standalone.register import register
from gridwhistle.standalone.services import KINDS, NAMES, contract, document

FOLDER: Final = Path("docs")


def roles() -> str:
    """Return what each role may ask for."""
    rows = [
        f"| `{role}` | {term.zh} | {', '.join(f'`{name}`' for name in sorted(GRANTS[role])) or 'by scope alone'} |"
        for role, term in ROLES.items()
        if role != "auto"
    ]
    return "\n".join([WRITTEN, "# Roles and permissions", "", "| role | 中文 | permissions |", "|---|---|---|", *rows, ""])


def apis() -> dict[Path, str]:
    """Return the OpenAPI document of the suite, and that of each service."""
    services = {FOLDER / "openapi" / f"{kind.name}.json": document(kind) for kind in KINDS}
    return {path: as_json(_in_order(one)) for path, one in ({FOLDER / "openapi.json": contract()} | services).items()}


def _in_order(part: Any, name: str = "") -> Any:
    """Return a part of it with its keys in order, but for media types: generators take the first one."""
    if isinstance(part, dict):
        return {key: _in_order(part[key], key) for key in (part if name == "content" else sorted(part))}
    return [_in_order(one) for one in part] if isinstance(part, list) else part


def documents() -> dict[Path, str]:
    """Return every generated document by its path."""
    county = County()
    return {
        **states.pages(),
        **readmes.pages(),
        **events.schemas(),
        FOLDER / "asyncapi.json": events.asyncapi_document(),
        FOLDER / "events.md": events.page(released(NAMES)),
        FOLDER / "roles.md": roles(),
        FOLDER / "kept.md": f"{WRITTEN}\n{register(KINDS)}",
        FOLDER / "operating.md": f"{WRITTEN}\n{operating()}",
        FOLDER / "problems.md": problems.page(),
        FOLDER / "rules.md": rules.page(),
        **apis(),
        FOLDER / "county.md": page(county),
        FOLDER / MAP: map_of(county),
        **deployment.files(KINDS),
    }


def main(*, check: bool) -> None:
    """Write the documents, or say which of them differ from what the code says now."""
    if broken := events.broken():
        sys.exit("\n".join(["this would break who listens to events:", *broken]))
    stale = [path for path, text in documents().items() if not path.exists() or path.read_text() != text]
    new = [path for path in events.samples() if not path.exists()]
    if check:
        if stale or new:
            sys.exit(f"not up to date: {', '.join(map(str, [*stale, *new]))}; run `make docs` and commit the result")
        return
    written = documents() | events.samples()
    for path in (*stale, *new):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written[path])
