"""The demo county's mediation (调解): a committee on file, two rosters, and disputes of invented people in every state."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from gridwhistle.common.issuer import Issuer
from gridwhistle.common.principal import HISTORY
from gridwhistle.standalone.demo import words
from gridwhistle.standalone.demo.lines import KEYS_KEPT, Call, Lines

BASE: Final = "/mediation/v1"
_DAY: Final = 24.0
_MEMBERS: Final = ("周明德", "吴秀兰", "郑国平")
_LAWYER, _LIAISON = "冯律", "卫东来"
_MATTERS: Final = (
    ("D02", "楼上漏水，双方就维修费用争执"),
    ("D14", "物业费与公共收益公示的争议"),
    ("D04", "装修合同尾款纠纷"),
    ("D01", "赡养老人分担的争议"),
    ("D06", "宠物伤人赔偿纠纷"),
    ("D11", "预付卡退费纠纷"),
)
STATES: Final = (
    *("applied", "found", "referred_in", "consent_pending", "accepted", "assigned", "in_mediation", "escalated"),
    *("agreed_written", "agreed_oral", "partial", "performing"),
    *("refused", "transferred", "terminated", "failed", "performed", "breached", "closed", "archived"),
)
"""Every state that a case can be in; of each there is one at least."""


@dataclass
class _Course:
    """One case on its way, and how many hours ago the next step is taken."""

    number: int
    path: str
    parties: list[str]
    ago: float


class Disputes:
    """Loads mediation. Every call carries a key, and what is there is found again, so a load that was cut short goes on."""

    def __init__(self, call: Call, lines: Lines, issuer: Issuer) -> None:
        self._call, self._lines, self._issuer = call, lines, issuer
        self._committee = ""
        self._people: dict[str, str] = {}

    # --- what a start needs --------------------------------------------------------------------------------------------------

    async def settle(self) -> dict[str, str]:
        """Put a committee on file with its members, keep two rosters; return tokens by name."""
        chair = self._token("mediation_chair")
        there = [one for one in await self._all("committees") if one["short_name"] == "望湖"]
        content = {"name": "望湖街道人民调解委员会", "short_name": "望湖", "kind": "town", "area_code": f"{words.TOWN}000"}
        content |= {"elected_on": "2025-03-01", "seal_no": "9901010018888"}
        committee = there[0] if there else await self._call(f"{BASE}/committees", "mediation-committee", content, chair)
        self._committee = committee["id"]
        self._people = {one["name"]: one["id"] for one in await self._all("mediators")}
        for name in _MEMBERS:
            await self._register(name, kind="elected", committee_id=self._committee, is_member=True, specialties=["D02", "D14"])
        await self._register(_LAWYER, kind="lawyer", org="990101-lawfirm", licence_no="19901201510000001", specialties=["D04"])
        await self._register(_LIAISON, kind="police", org="990101-police")
        if committee["state"] == "forming":
            path, first = f"{BASE}/committees/{self._committee}", self._people[_MEMBERS[0]]
            await self._call(f"{path}/name_chair", "mediation-chair", {"mediator_id": first}, chair)
            filing = {"has_women": True, "mirrors_mixed_area": True}
            await self._call(f"{path}/file", "mediation-filed", filing, self._token("judicial_office"))
        named = {"mediator": (_MEMBERS[1], "mediator"), "mediator_2": (_MEMBERS[2], "mediator")}
        named |= {"lawyer": (_LAWYER, "lawyer"), "police_liaison": (_LIAISON, "police_liaison")}
        return {name: self._token(role, self._people[who]) for name, (who, role) in named.items()}

    async def _register(self, name: str, **more: Any) -> None:
        if name not in self._people:
            content = {
                "name": name,
                "area_code": f"{words.TOWN}000",
                "appointed_on": "2025-03-01",
                "is_qualified": True,
                **more,
            }
            made = await self._call(
                f"{BASE}/mediators", f"mediation-mediator-{len(self._people)}", content, self._token("mediation_chair")
            )
            self._people[name] = made["id"]

    async def _all(self, things: str) -> list[dict[str, Any]]:
        return await self._lines.all(f"{BASE}/{things}", self._token("mediation_chair"))

    # --- disputes in every state ---------------------------------------------------------------------------------------------

    async def fill(self, began: dt.datetime) -> None:
        """Load a case in each state, unless they are there from a load that was long ago."""
        if dt.datetime.now(dt.UTC) - began > KEYS_KEPT and await self._all("cases"):
            return
        for number, state in enumerate(STATES):
            await self._case(number, state, began)

    async def _case(self, number: int, state: str, began: dt.datetime) -> None:
        matter, brief = _MATTERS[number % len(_MATTERS)]
        far = 160 * _DAY if state == "archived" else 20 * _DAY + 7 * number
        one, two = (f"{words.SURNAMES[(5 * number + n) % 40]}{words.GIVEN[(7 * number + n) % 36]}" for n in (0, 11))
        sides = [{"side": "applicant", "name": one, "home_area": words.COMMUNITY}, {"side": "respondent", "name": two}]
        content: dict[str, Any] = {"source": "application", "area_code": words.COMMUNITY, "parties": sides}
        content["facts"] = {"dispute_type": matter, "brief": brief}
        content["grade"] = ("yellow", "yellow", "orange", "red")[number % 4]
        who = "mediation_chair"
        if state == "found":
            content["source"] = "own_initiative"
        if state == "referred_in":
            who, letter = "police_liaison", {"referred_from": "police", "letter_no": "示公委〔2026〕31号"}
            content |= {"source": "entrusted", **letter}
        bearer = self._token(who, self._people[_LIAISON] if who == "police_liaison" else None, past=True)
        case = await self._call(f"{BASE}/cases", f"mediation-{number}", content, bearer, far)
        if "id" in case:
            parties = [party["id"] for party in case["parties"]]
            await self._go(_Course(number, f"{BASE}/cases/{case['id']}", parties, far), state, began)

    async def _go(self, on: _Course, state: str, began: dt.datetime) -> None:
        """Take a case as far as a state."""
        if state in {"applied", "found", "referred_in"}:
            return
        await self._take(on, "ask_willingness")
        if state in {"consent_pending", "refused", "transferred"}:
            await self._end_early(on, state)
            return
        for party in on.parties:
            await self._take(on, "consent", {"party_id": party, "answered_by": "in_writing"}, key=f"consent-{party}")
        await self._take(on, "accept", {"committee_id": self._committee, "is_free_of_proceedings": True, "is_allowed": True})
        if state == "accepted":
            return
        presiding = self._people[_MEMBERS[1]]
        await self._take(on, "assign", {"presiding_id": presiding, "chosen_by": "parties"})
        await self._take(on, "tell_rights", {})
        await self._take(on, "disclose", {"relation": "none"}, mediates=True)
        if state in {"assigned", "terminated", "escalated"}:
            await self._stop(on, state)
            return
        await self._meet(on, began)
        if state == "failed":
            await self._take(on, "fail", {"reason": "双方分歧过大"}, mediates=True)
            await self._take(on, "tell_ways", {})
        elif state != "in_mediation":
            await self._agree(on, state, began)

    async def _end_early(self, on: _Course, state: str) -> None:
        if state == "refused":
            await self._take(on, "refuse", {"party_id": on.parties[1], "answered_by": "by_word"})
            await self._take(on, "tell_ways", {})
        if state == "transferred":
            await self._take(on, "transfer", {"transferred_to": "arbitration", "reason": "属劳动仲裁受案范围"})

    async def _stop(self, on: _Course, state: str) -> None:
        if state == "terminated":
            await self._take(on, "withdraw", {"party_id": on.parties[0]})
        if state == "escalated":
            why = {"reason_code": "danger", "reported_to": "town", "reason": "双方情绪激动"}
            await self._take(on, "escalate", why)

    async def _meet(self, on: _Course, began: dt.datetime) -> None:
        begins = began - dt.timedelta(hours=on.ago - 30)
        plan = {"starts_at": begins.isoformat(), "ends_at": (begins + dt.timedelta(hours=2)).isoformat()}
        session = await self._take(on, "plan_session", {**plan, "venue": "望湖街道调解室"}, mediates=True)
        path = f"sessions/{session['id']}"
        for party in on.parties:
            notice = {"party_id": party, "manner": "by_phone"}
            await self._take(on, f"{path}/notify", notice, mediates=True, key=f"notify-{party}")
        on.ago -= 26
        await self._take(on, f"{path}/open", {"present": on.parties}, mediates=True, key="open")
        record = {"record": "双方陈述，调解员释明规定，提出方案", "undisputed": "双方对事实经过无异议"}
        await self._take(on, f"{path}/end", record, mediates=True, key="end")

    async def _agree(self, on: _Course, state: str, began: dt.datetime) -> None:
        at_once = state == "agreed_oral"
        term = {"kind": "pay", "party_id": on.parties[1], "content": "支付约定款项", "amount_fen": 120_000}
        if state == "breached":
            term["due_on"] = "2026-01-05"
        elif not at_once:
            term["due_on"] = "2027-06-30"
        content: dict[str, Any] = {"content": "双方互谅互让，自愿达成协议", "terms": [term]}
        if at_once:
            await self._take(on, "agree_oral", {**content, "agreed_by": on.parties}, mediates=True)
            return
        content["extent"] = "part" if state == "partial" else "whole"
        made = await self._take(on, "draft_agreement", content, mediates=True)
        path = f"agreements/{made['id']}"
        for party in on.parties:
            how = {"party_id": party, "how": "fingerprint"}
            await self._take(on, f"{path}/sign", how, mediates=True, key=f"sign-{party}")
        await self._take(on, f"{path}/sign", {"how": "signature"}, mediates=True, key="sign")
        await self._take(on, f"{path}/seal", None, key="seal")
        if state == "partial":
            await self._take(on, "tell_ways", {})
        if state in {"agreed_written", "partial"}:
            return
        await self._take(on, "start_performance", None)
        if state == "breached":
            await self._take(on, "breach_final", {"reason": "多次督促仍不履行"})
            await self._take(on, "tell_ways", {})
        if state in {"performed", "closed", "archived"}:
            paid = began - dt.timedelta(hours=on.ago)
            proof = {"done_on": paid.astimezone(dt.UTC).date().isoformat(), "proof": "收据0017"}
            await self._take(on, f"agreement_terms/{made['terms'][0]['id']}/done", proof, key="done")
        if state in {"closed", "archived"}:
            await self._close(on, state)

    async def _close(self, on: _Course, state: str) -> None:
        await self._take(on, "documents", {"kind": "identity", "pages": 2}, key="identity")
        await self._take(on, "ask_close", {}, mediates=True)
        await self._take(on, "close", None)
        if state != "archived":
            return
        for number, days in enumerate((8, 31, 91)):
            on.ago = 155 * _DAY - days * _DAY
            await self._take(on, "follow_up", {"is_performed": True, "satisfied": "satisfied"}, key=f"follow-{number}")
        await self._take(on, "archive", None, role="judicial_office")

    async def _take(
        self,
        on: _Course,
        action: str,
        content: dict[str, Any] | None = None,
        *,
        key: str | None = None,
        mediates: bool = False,
        role: str = "mediation_chair",
    ) -> dict[str, Any]:
        """Take a step of a case, an hour after the one before."""
        on.ago -= 1
        who = self._people[_MEMBERS[1]] if mediates else None
        bearer = self._token("mediator" if mediates else role, who, past=True)
        return await self._call(f"{on.path}/{action}", f"mediation-{on.number}-{key or action}", content, bearer, on.ago)

    def _token(self, role: str, subject: str | None = None, *, past: bool = False) -> str:
        return self._issuer.token(subject or f"demo-{role}", [role], [words.TOWN], scope=HISTORY if past else "")
