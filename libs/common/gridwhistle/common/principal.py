"""Who is asking: roles, organisation, jurisdiction, and what each role may ask for at all."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gridwhistle.common.denies import hides
from gridwhistle.common.problems import Forbidden, Term

if TYPE_CHECKING:
    from sqlalchemy import Table

ROLES: Final = {
    "resident": Term("居民", "resident"),
    "grid_worker": Term("网格员", "grid worker"),
    "grid_leader": Term("网格长", "grid leader"),
    "community_admin": Term("社区管理员", "community administrator"),
    "town_acceptor": Term("受理员", "township acceptor"),
    "town_dispatcher": Term("派遣员", "township dispatcher"),
    "town_leader": Term("班子成员", "township leader"),
    "dept_desk": Term("部门接件员", "department desk"),
    "dept_handler": Term("部门处置人", "department handler"),
    "dept_leader": Term("部门负责人", "department leader"),
    "county_duty": Term("县级值班员", "county duty officer"),
    "hotline_desk": Term("热线坐席", "hotline desk"),
    "town_admin": Term("乡镇管理员", "township administrator"),
    "county_admin": Term("县级管理员", "county administrator"),
    "city_admin": Term("市级管理员", "city administrator"),
    "volunteer": Term("志愿者", "volunteer"),
    "station_clerk": Term("网点工作人员", "clerk of a time-bank station"),
    "timebank_admin": Term("时间银行管理员", "time-bank administrator"),
    "dispute_panel": Term("争议评审员", "member of a dispute panel"),
    "warehouse_keeper": Term("仓库保管员", "warehouse keeper"),
    "inventory_manager": Term("物资管理员", "inventory manager"),
    "emergency_commander": Term("应急指挥员", "emergency commander"),
    "deputy_commander": Term("副指挥长", "deputy commander"),
    "office_director": Term("应急办主任", "director of the emergency office"),
    "disaster_info_officer": Term("灾害信息员", "disaster information officer"),
    "shelter_manager": Term("避难场所管理员", "shelter manager"),
    "team_leader": Term("应急队伍负责人", "leader of an emergency team"),
    "mediator": Term("调解员", "mediator"),
    "mediation_chair": Term("调解委员会主任", "chair of a mediation committee"),
    "judicial_office": Term("司法所", "judicial office"),
    "police_liaison": Term("公安联络员", "police liaison"),
    "lawyer": Term("律师", "lawyer"),
    "integrator": Term("接入应用", "integrating application"),
    "sysadmin": Term("系统管理员", "system administrator"),
    "security_admin": Term("安全管理员", "security administrator"),
    "auditor": Term("审计员", "auditor"),
    "privacy_officer": Term("个人信息保护负责人", "privacy officer"),
    "auto": Term("系统", "the system itself"),
}
PRIVATE: Final = frozenset({"resident", "volunteer"})
"""Roles of people who hold no office: what is personal they see of themselves, wherever they are."""
DESKS: Final = frozenset({"dept_desk", "dept_handler", "dept_leader"})
PUBLIC: Final = "public"
APART: Final = ("operations:write", "access:write", "audit:read")
"""What three people do, each one of it (三员分立): run the machines, say who gets in, look at what both did."""

_REVEAL = "personal:reveal"  # whose values a role may see in full, the columns say
_HANDLE = {"incidents:read", "incidents:handle", "incidents:attach", "catalogue:read", _REVEAL}
_PLACES = {"areas:read", "grids:read", "organisations:read", "warnings:read"}
_SERVED = {"participants:read", "participants:own", "services:read", "orders:request", "orders:read", "orders:handle"} | {
    "claims:read",
    "claims:handle",
    "teams:read",
    "accounts:read",
    "warnings:read",
}
_DISPATCH = {"dispatch:read", "dispatch:handle"}
_CASES = {
    "case_counts:read",
    "cases:register",
    "confirmations:decide",
    "cases:read",
    "cases:write",
    "cases:handle",
    "parties:read",
    _REVEAL,
}
_TOLD = {"warnings:read", "responses:read"}
GRANTS: Final[dict[str, frozenset[str]]] = {
    "resident": frozenset({"incidents:report", "incidents:attach", "cases:register", *_SERVED}),
    "grid_worker": frozenset({"incidents:report", *_HANDLE, *_PLACES, "shifts:read", "shifts:own"}),
    "grid_leader": frozenset({"incidents:report", *_HANDLE, *_PLACES, "shifts:read", "workers:read"}),
    "community_admin": frozenset(
        {"incidents:report", "incidents:attach", "incidents:read", *_PLACES, "shifts:read", "workers:read", _REVEAL}
        | {"catalogue:read"}
    ),
    "town_acceptor": frozenset(
        {"incidents:report", "incidents:report_many", *_HANDLE, *_PLACES, "shifts:read", "contacts:read"}
    ),
    "town_dispatcher": frozenset({*_HANDLE, *_PLACES, "shifts:read", "contacts:read", "types:read", "stores:read", *_DISPATCH}),
    "town_leader": frozenset({*_HANDLE, *_PLACES, "contacts:read", "responses:read"}),
    "county_duty": frozenset(
        {*_HANDLE, *_PLACES, "places:read", "response_teams:read", "types:read", "stores:read", "stock:read", *_DISPATCH}
        | {"warnings:relay", "responses:read", "responses:propose", "situations:report"}
    ),
    "hotline_desk": frozenset({"incidents:report", *_HANDLE, *_PLACES, "contacts:read"}),
    "dept_desk": frozenset({"incidents:report", *_HANDLE, *_PLACES, "contacts:read"}),
    "dept_handler": frozenset({*_HANDLE, *_PLACES, "contacts:read"}),
    "dept_leader": frozenset({*_HANDLE, *_PLACES, "contacts:read"}),
    "town_admin": frozenset({*_PLACES, "grids:write", "workers:read", "workers:write", "shifts:read"}),
    "county_admin": frozenset(
        {"incidents:read", "incidents:report", "incidents:attach", "incidents:report_many", *_PLACES, "areas:write", _REVEAL}
        | {"grids:write", "organisations:write", "workers:read", "workers:write", "shifts:read", "rules:read", "rules:write"}
        | {"catalogue:read", "catalogue:write", "contacts:read", "case_counts:read"}
    ),
    "city_admin": frozenset({*_PLACES, "grids:write", "workers:read"}),
    "volunteer": frozenset({*_SERVED, "claims:own", "teams:own", _REVEAL}),
    "station_clerk": frozenset({"ledger:read", *_SERVED, "participants:write", "teams:found", _REVEAL}),
    "timebank_admin": frozenset(
        {"ledger:read", "ledger:govern", "rules:read", "rules:write", "participants:read", "participants:govern"}
        | {"services:read", "services:write", "orders:read", "claims:read", "claims:handle", "teams:read", "accounts:read"}
    ),
    "dispute_panel": frozenset({"claims:read", "claims:decide"}),
    "warehouse_keeper": frozenset(
        {"types:read", "stores:read", "stock:read", "stock:handle", *_DISPATCH, "places:read"} | _TOLD
    ),
    "inventory_manager": frozenset(
        {"types:read", "types:write", "stores:read", "stores:write", "stock:read", "stock:handle", "rules:read", "rules:write"}
        | {*_DISPATCH, "places:read", "places:write", "places:run", _REVEAL}
        | {"response_teams:read", "response_teams:write", "response_teams:own", *_TOLD}
    ),
    "emergency_commander": frozenset(
        {"types:read", "stores:read", "stock:read", "stock:handle", *_DISPATCH}
        | {"places:read", "places:run", _REVEAL, "response_teams:read", "response_teams:call"}
        | {"warnings:relay", "responses:decide", *_TOLD}
    ),
    "deputy_commander": frozenset({"stock:read", "places:read", "response_teams:read", "responses:decide", *_TOLD}),
    "office_director": frozenset({"stock:read", "places:read", "response_teams:read", "responses:decide", *_TOLD}),
    "disaster_info_officer": frozenset(
        {"types:read", "stores:read", "places:read", "response_teams:read", "situations:report", *_TOLD}
    ),
    "shelter_manager": frozenset({"types:read", "stores:read", *_DISPATCH, "places:read", "places:run", _REVEAL, *_TOLD}),
    "team_leader": frozenset({"places:read", "response_teams:read", "response_teams:own", *_TOLD}),
    "mediator": frozenset({"committees:read", *_CASES}),
    "mediation_chair": frozenset({"committees:read", "committees:write", "reports:read", *_CASES}),
    "judicial_office": frozenset(
        {"committees:read", "committees:write", "committees:file", "rules:read", "reports:read", *_CASES}
    ),
    "police_liaison": frozenset({"committees:read", "cases:register", "cases:read", "cases:handle", "parties:read"}),
    "lawyer": frozenset({"committees:read", "cases:read", "cases:handle", "parties:read"}),
    # An application has nothing by role: only what the scopes of its token name.
    "integrator": frozenset(),
    # Three people, and none of them does the work; see APART.
    "sysadmin": frozenset({"operations:read", "operations:write", "rules:read"}),
    "security_admin": frozenset({"access:read", "access:write", "rules:read"}),
    "auditor": frozenset({"case_counts:read", "audit:read", "operations:read", "rules:read", "ledger:read", "accounts:read"}),
    "privacy_officer": frozenset({"privacy:read", "privacy:write", "rules:read", "responses:read"}),
    "auto": frozenset(),
}
HISTORY: Final = "history:import"
"""With this scope a command may say when it happened."""
BY_SCOPE: Final = frozenset({"events:read", "ledger:post", HISTORY})
"""What no person has by a role: applications that listen, or have looked at what they bring, and say so by their scope."""
PERMISSIONS: Final = BY_SCOPE.union(*GRANTS.values())


class InsufficientScope(Forbidden):
    """Neither a role nor a scope of the token grants the permission."""

    code = "insufficient_scope"
    zh, en = "您的令牌没有“{permission}”权限。", "Your token does not grant {permission}."


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller as the token describes them. `areas` are code prefixes: county 6, township 9, community 12, grid 15 digits."""

    id: str
    roles: frozenset[str]
    areas: tuple[str, ...]
    org: str | None = None
    scopes: frozenset[str] = frozenset()

    def may(self, permission: str) -> bool:
        """Tell whether a role or a scope grants the permission."""
        return permission in self.scopes or any(permission in GRANTS[role] for role in self.roles)

    @property
    def is_too_much(self) -> bool:
        """Tell whether the token gives one person what has to be in the hands of several."""
        return sum(map(self.may, APART)) > 1

    @property
    def is_desk(self) -> bool:
        """A department sees its own cases, wherever in the county they are; that its people live there changes nothing."""
        return bool(self.roles & DESKS) and self.roles <= DESKS | {"resident"}

    def alone(self) -> "Principal":
        """Return the caller as one who reaches what is their own, and nothing that merely lies in their area."""
        return replace(self, areas=())

    def reaches_place(self, code: str) -> bool:
        """Tell whether an area or grid code lies within the jurisdiction."""
        return code.startswith(self.areas)

    def reaches(self, table: "Table", row: Any) -> bool:
        """Tell whether a row that was read lies within the jurisdiction; `within` is the same as a predicate."""
        if hides(table, row, self):
            return False
        own = table.info.get("own")  # the column with the id of whose record it is
        if own and str(getattr(row, own)) == self.id:
            return True
        if not self.reaches_place(getattr(row, "grid_code", None) or row.area_code):
            return False
        return not (self.is_desk and "lead_org" in table.c) or row.lead_org == self.org


ANONYMOUS: Final = Principal(id="anonymous", roles=frozenset(), areas=())
"""Whoever asks without a token, at addresses that need none."""
SYSTEM: Final = "system:"
"""How the id of a service begins; no token may speak for one."""


def system(service: str) -> Principal:
    """Return the service itself as a caller: it reaches every place and acts in the role `auto`."""
    return Principal(id=f"{SYSTEM}{service}", roles=frozenset({"auto"}), areas=("",))
