"""What the deployment with containers takes from the code: NATS's users, and the gateway's own refusals."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gridwhistle.common.bus import permissions
from gridwhistle.common.problems import Busy, MayHaveHappened, Problem, TooLarge, TooManyRequests, UnknownPath

if TYPE_CHECKING:
    from gridwhistle.common.service import Service

FOLDER: Final = Path("deploy")
_WRITTEN: Final = "# Written by `make docs` from the code; change the code."
_OWN: Final[Sequence[Problem]] = (
    TooLarge(bytes_max="$bytes_max"),
    TooManyRequests(),
    UnknownPath(),
    Busy(),
    MayHaveHappened(),
)


def files(kinds: Sequence["Service"]) -> dict[Path, str]:
    """Return the files by their paths."""
    users = {kind.name: permissions(kind.name, sorted(kind.consumer.filters())) for kind in kinds}
    return {FOLDER / "nats" / "users.conf": _users(users), FOLDER / "gateway" / "problems.conf": _problems()}


def _users(users: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    lines = [
        _WRITTEN,
        "# A user a service: it tells under its own name, hears with its own consumers, and may do nothing else.",
        "authorization {",
        "  users = [",
    ]
    for name, may in sorted(users.items()):
        lines += [f"    {{ user: {name}", f"      include ../secrets/{name}.conf", "      permissions: {"]
        for what, subjects in may.items():
            lines += [f"        {what}: [", *(f'          "{subject}"' for subject in subjects), "        ]"]
        lines += ["      }", "    }"]
    return "\n".join([*lines, "  ]", "}", ""])


def _problems() -> str:
    """Return nginx's maps of refusals, in the language that is asked for."""
    lines = [
        _WRITTEN,
        "map $http_accept_language $language_tag { default zh-CN; ~*^en en; }",
        "map $status $retry_after { default ''; 429 1; 503 1; }",
        "# A write may have happened once a service had it; a read, or what nobody had, did not.",
        "map $request_method:$upstream_connect_time $away {",
        "  default $busy;",
        "  '~^(?!GET|HEAD|OPTIONS).*:.*[0-9]' $may_have_happened;",
        "}",
    ]
    for problem in _OWN:
        said = {language: problem.body(language, "$the_id").decode() for language in ("zh", "en")}
        lines.append(f"map $language_tag ${problem.code} {{ default '{said['zh']}'; en '{said['en']}'; }}")
    return "\n".join([*lines, ""])
