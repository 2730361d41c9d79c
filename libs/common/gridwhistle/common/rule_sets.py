"""Rule sets (规则集): values that belong together, which a county chooses at once; each becomes a row of the county's own."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import Field

from gridwhistle.common.database import Db as Work
from gridwhistle.common.edge import Caller, Db, Router
from gridwhistle.common.presets import UNCONFIRMED, Preset
from gridwhistle.common.principal import Principal
from gridwhistle.common.problems import NotFound, Term
from gridwhistle.common.rulebook import County, Key, Note, RuleList, RuleUnit, RuleView, Source, Value, level_of
from gridwhistle.common.rules import RULES, rules
from gridwhistle.common.wire import Body, View

RuleSets = Mapping[str, Sequence[Preset]]
SETS_MAX: Final = 20
OF_ONE_MAX: Final = 100
SetName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", examples=["township"])]


class NoSuchRuleSet(NotFound):
    """The service has no set of that name."""

    code = "no_such_rule_set"
    zh, en = "没有这个规则集;现有:{known}。", "There is no such rule set; there are {known}."


class RuleOfSet(View):
    """A value that comes with a set."""

    key: Key
    value: Value
    unit: RuleUnit
    source_ref: Source
    note: Note | None


class RuleSetView(View):
    """A set, and what it says."""

    name: SetName
    rules: Annotated[list[RuleOfSet], Field(max_length=OF_ONE_MAX)]


class RuleSetList(View):
    """The sets that a service comes with."""

    items: Annotated[list[RuleSetView], Field(max_length=SETS_MAX)]


class ChooseRuleSet(Body):
    """The set that shall hold in a county from now on."""

    name: SetName
    area_code: County


def routes(service: str, sets: RuleSets) -> Router:
    """Return the routes of a service by which its rule sets are seen and chosen."""
    router = Router(service, "Rules 规则", in_every_service=True)

    @router.get("/rule_sets", may="rules:read")
    async def list_rule_sets(_caller: Caller) -> RuleSetList:
        """List the rule sets (规则集) that a county can choose from, with the source of every value."""
        shown = [RuleSetView(name=name, rules=[_of_set(preset) for preset in presets]) for name, presets in sets.items()]
        return RuleSetList(items=shown)

    @router.post("/rules/choose", may="rules:write")
    async def choose_rule_set(body: ChooseRuleSet, caller: Caller, db: Db) -> RuleList:
        """Choose a rule set (选用规则集) for a county. What runs already keeps the limits with which it began.

        A value that no document stands behind is still to be confirmed, and `?unconfirmed=true` lists it.
        """
        return await choose(sets, body, caller, db)

    return router


async def choose(sets: RuleSets, body: ChooseRuleSet, caller: Principal, db: Work) -> RuleList:
    """Let every value of a set hold in a county from now on.

    Raises:
        NoSuchRuleSet: the service has none of that name.
        OutsideYourArea: the county is not the caller's.
    """
    if body.name not in sets:
        raise NoSuchRuleSet(known=[Term(name, name) for name in sets])
    async with db.command(caller) as tx:
        rows = [
            tx.create(
                rules,
                None,
                area_code=body.area_code,
                key=preset.key,
                value=str(preset.value),
                unit=preset.unit,
                cutoff=preset.cutoff,
                source_ref=preset.source_ref,
                note=preset.note,
                effective_from=tx.now,
            )
            for preset in sets[body.name]
        ]
        answer = tx.answer(RuleList(items=[_view(row) for row in rows]))
    RULES.forget(db.database)
    return answer


def _of_set(preset: Preset) -> RuleOfSet:
    source, note = preset.source_ref, preset.note
    return RuleOfSet(key=preset.key, value=str(preset.value), unit=preset.unit, source_ref=source, note=note)


def _view(row: object) -> RuleView:
    shown = row.__dict__
    confirmed = not shown["source_ref"].startswith(UNCONFIRMED)
    return RuleView.of(row, confirmed=confirmed, level=level_of(shown["area_code"]), effective_to=None, approved_by=None)
