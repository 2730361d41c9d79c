"""Migrations after the release before this code only add, so that its services run on the result."""

import ast
import re

import pytest

from gridwhistle.common.service import PLUMBING_VERSIONS
from gridwhistle.standalone.services import KINDS
from tests.releases import releases

FOLDERS = [PLUMBING_VERSIONS, *(kind.versions for kind in KINDS)]
_SQL = re.compile(
    r"\b(DROP (TABLE|COLUMN|VIEW|TYPE|FUNCTION|SCHEMA)|RENAME|TRUNCATE|SET NOT NULL|ALTER COLUMN \w+ TYPE)\b", re.IGNORECASE
)
_CLAIMS = {"create_check_constraint", "create_unique_constraint", "create_foreign_key"}
ACCEPTED = "# accepted:"
"""On the line of a step that the release before does not notice, with the reason."""


def faults(source: str) -> list[str]:
    """Return what a migration does that the release before would stumble over."""
    tree = ast.parse(source)
    upgrade = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade")
    calls = [node for node in ast.walk(upgrade) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    steps = [(node.func.attr, node) for node in calls if isinstance(node.func.value, ast.Name) and node.func.value.id == "op"]
    made = {_word(call, 0) for name, call in steps if name == "create_table"}
    dropped = {_word(call, 0) for name, call in steps if name == "drop_constraint"}
    lines = source.splitlines()
    found = []
    for name, call in steps:
        fault = _fault(name, call, made, dropped)
        if fault and ACCEPTED not in " ".join(lines[call.lineno - 1 : call.end_lineno]):
            found.append(f"line {call.lineno}: {fault}")
    return found


def _fault(name: str, call: ast.Call, made: set[str], dropped: set[str]) -> str | None:
    if name in {"drop_table", "drop_column", "rename_table"}:
        return f"takes away ({name})"
    if name == "alter_column" and (
        _given(call, "new_column_name") or _given(call, "type_") or _given(call, "nullable") is False
    ):
        return "alters a column that is in use"
    if name == "add_column" and _given(column := call.args[1], "nullable") is False:
        computed = {node.attr for node in ast.walk(column) if isinstance(node, ast.Attribute)} & {"Computed", "Identity"}
        return None if computed or _given(column, "server_default") is not None else "asks for a value that nobody gives"
    narrows = name in _CLAIMS or (name == "create_index" and _given(call, "unique"))
    # A claim that takes another one's place is looked at by people: it is how a state is added.
    if narrows and _word(call, 1) not in made and _word(call, 0) not in dropped:
        return f"narrows what a table takes ({name})"
    words = " ".join(node.value for node in ast.walk(call) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return "takes away, in SQL" if name == "execute" and _SQL.search(words) else None


def _given(call: ast.expr, name: str) -> object:
    """Return what a call is given under a name: a value, the source of anything else, or None."""
    assert isinstance(call, ast.Call)
    values = [keyword.value for keyword in call.keywords if keyword.arg == name]
    return next((value.value if isinstance(value, ast.Constant) else ast.unparse(value) for value in values), None)


def _word(call: ast.Call, position: int) -> str:
    """Return a name that a call is given, in `op.f(…)` or not."""
    node = call.args[position]
    if isinstance(node, ast.Call):
        node = node.args[0]
    return str(node.value) if isinstance(node, ast.Constant) else ""


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        pytest.param('op.add_column("tool", sa.Column("colour", sa.Text(), nullable=True))', None, id="a column"),
        pytest.param('op.add_column("tool", sa.Column("n", sa.Text(), nullable=False))', "nobody gives", id="a required one"),
        pytest.param(
            'op.add_column("tool", sa.Column("n", sa.Text(), nullable=False, server_default=""))', None, id="one with a default"
        ),
        pytest.param(
            'op.add_column("t", sa.Column("c", sa.Text(), sa.Computed("x"), nullable=False))', None, id="one computed"
        ),
        pytest.param('op.create_table("shelf", sa.Column("id", sa.Uuid()))', None, id="a table"),
        pytest.param('op.drop_table("tool")', "takes away", id="a table less"),
        pytest.param('op.drop_column("tool", "title")', "takes away", id="a column less"),
        pytest.param('op.rename_table("tool", "thing")', "takes away", id="a table by another name"),
        pytest.param('op.alter_column("tool", "title", new_column_name="name")', "alters", id="a column by another name"),
        pytest.param('op.alter_column("tool", "title", type_=sa.Integer())', "alters", id="another type"),
        pytest.param('op.alter_column("tool", "title", nullable=False)', "alters", id="no more nothing"),
        pytest.param('op.alter_column("tool", "title", nullable=True)', None, id="nothing as well"),
        pytest.param('op.create_index(op.f("tool_title"), "tool", ["title"])', None, id="an index"),
        pytest.param('op.create_index("tool_title", "tool", ["title"], unique=True)', "narrows", id="a unique index"),
        pytest.param('op.create_check_constraint("known", "tool", "true")', "narrows", id="a claim"),
        pytest.param(
            'op.drop_constraint("known", "tool")\n    op.create_check_constraint("known", "tool", "true")',
            None,
            id="a wider claim",
        ),
        pytest.param('op.execute("ALTER TABLE tool RENAME TO thing")', "in SQL", id="SQL that takes away"),
        pytest.param("op.execute(\"UPDATE tool SET title = ''\")", None, id="SQL that fills"),
        pytest.param('op.drop_column("tool", "title")  # accepted: unread since 0.1.0', None, id="what was accepted"),
    ],
)
def test_a_step_that_the_release_before_would_stumble_over_is_found(step: str, fault: str | None) -> None:
    found = faults(f"def upgrade() -> None:\n    {step}\n\n\ndef downgrade() -> None:\n    op.drop_table('other')\n")

    assert bool(found) == bool(fault)
    assert not fault or fault in found[0]


def test_migrations_after_the_release_before_only_add() -> None:
    last = releases()[-1]
    files = sorted(file for folder in FOLDERS for file in folder.glob("*_[0-9]*.py"))
    newer = [file for file in files if file.stem > last.migrations.get(file.stem.rpartition("_")[0], "")]  # of a new one, all

    assert {file.stem for file in files} >= {*last.migrations.values()}
    assert {file.stem: found for file in newer if (found := faults(file.read_text()))} == {}
