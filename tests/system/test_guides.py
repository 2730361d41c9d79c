"""The examples of the guides, run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import RunningSuite

ROOT = Path(__file__).parents[2]


def commands(guide: str) -> list[str]:
    """Return the commands of a guide that are shown and not run, without what is said beside them."""
    text = (ROOT / f"docs/{guide}.md").read_text(encoding="utf-8")
    return [re.sub(r"\s+# .*", "", block) for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)]


def blocks(name: str) -> list[str]:
    """Return the examples of a guide."""
    return re.findall(r"```bash\n(.*?)```", (ROOT / f"docs/{name}.md").read_text(encoding="utf-8"), re.DOTALL)


def told_by(name: str, suite: RunningSuite, between: str = "", folder: Path = ROOT, **environment: str) -> str:
    """Return what the examples of a guide print, run one after the other in a folder."""
    environment = {**os.environ, "BASE": suite.base_url, **environment}
    done = subprocess.run(  # noqa: S603
        ["bash", "-euo", "pipefail", "-c", between.join(blocks(name))],  # noqa: S607
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def tokens(suite: RunningSuite, tmp_path: Path) -> str:
    """Return the file that `make run` writes."""
    file = tmp_path / "tokens"
    file.write_text("".join(f"{name}={token}\n" for name, token in suite.tokens.items()))
    return str(file)


def test_the_first_hour_of_an_integrator_works_as_it_stands(suite: RunningSuite, tokens: str, tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    there = {"TOKENS": tokens, "NATS": suite.nats.url, "DATA": str(suite.folder)}

    told = told_by("guide-integrator", suite, folder=tmp_path, **there).splitlines()

    assert re.fullmatch(r"filed: I990101\d+ in grid 990101001001001", told[0])
    assert told[1:] == [
        "read back: reported",
        "heard: gw.incidents.incident.reported.v1 event 1 of it, in 990101001001001",
        "heard over HTTP as well",
        "refused: 422 not_valid",
        "refused: #/title string_too_short",
        "refused: #/urgency literal_error",
        "Your token does not grant incidents:handle.",
        *("0", "1"),
        "idempotency_key_reused",
        *("page 1: 1", "page 2: 1"),
        "unknown_parameter",
        "stale_version",
        "accepted",
    ]


def test_the_guide_for_a_street_leads_a_report_through_its_whole_life(suite: RunningSuite, tokens: str) -> None:
    told = told_by("guide-street", suite, TOKENS=tokens).splitlines()

    said = [line for line in told if re.match(r"[a-z_]+: ", line) and not re.match(r"[a-z_]+: .* → ", line)]
    assert said == [
        "order_verification: order_verification is done by: township acceptor.",
        "order_verification: verifying",
        "verified: accepted",
        "file: filed",
        "dispatch: dispatched",
        "object: objected",
        "deny_objection: dispatched",
        "sign: in_progress",
        said[8],
        "request_extension: in_progress",
        "endorse: in_progress",
        "approve: in_progress",
        "submit: dept_review",
        "confirm: handled",
        "order_check: checking",
        "checked: checked is done by: grid worker.",
        "check_failed: rework",
        "redispatch: in_progress",
        "submit: dept_review",
        "confirm: handled",
        "order_check: checking",
        "checked: checked",
        "close: closed",
        "callback: in_progress",
        "submit: dept_review",
        "confirm: handled",
        "order_check: checking",
        "checked: checked",
        "close: closed",
        "reopen: It was reopened once before; what is still wrong is for supervision.",
    ]
    assert said[8].startswith("object: The incident is in_progress, so object is not possible")
    assert any("request (extension, material is awaited): approved" in line for line in told)


def test_the_guide_for_a_grid_worker_works_as_it_stands(suite: RunningSuite, tokens: str) -> None:
    told = told_by("guide-worker", suite, TOKENS=tokens).splitlines()

    assert told == [
        "You are on shift already; end that one first.",
        "resolve_on_spot: Attach pictures of it, 2 at least; documents do not count.",
        told[2],
        "order_verification: verifying",
        "to look at: 楼道堆物",
        "may: verified verified_false verified_unclear",
        "verified: accepted",
        told[7],
        "ended",
    ]
    assert told[2] in {"resolve_on_spot: self_resolved", "resolve_on_spot: sampled"}
    assert told[7].startswith("checked: The incident is accepted, so checked is not possible")


def test_the_guide_for_a_department_works_as_it_stands(suite: RunningSuite, tokens: str) -> None:
    told = told_by("guide-desk", suite, TOKENS=tokens).splitlines()

    assert told == [
        "accept: accepted",
        "file: filed",
        "dispatch: dispatched",
        "new: 路面塌陷",
        "clock: handle 5 work_day_legal",
        "clock: sign 4 work_hour",
        "sign: sign is done by: department desk.",
        "sign: in_progress",
        "contact: 王** 139****0000",
        "request_suspension: in_progress",
        "decline: in_progress",
        "request_suspension: in_progress",
        "endorse: in_progress",
        "approve: suspended",
        "resume: in_progress",
        "submit: dept_review",
        "send_back: in_progress",
        "submit: dept_review",
        "confirm: handled",
        "steps: 15",
    ]


def test_the_guide_to_grids_works_as_it_stands(suite: RunningSuite) -> None:
    tokens = {
        name: suite.issuer.token(f"guide-{name}", [f"{name.lower()}_admin"], [area])
        for name, area in (("TOWN", "990101001"), ("COUNTY", "990101"), ("CITY", "990101"))
    }

    told = told_by("guide-grids", suite, between="echo =====\n", **tokens)

    filed, versions, located = told.split("=====")
    assert '"state":"filed"' in filed
    assert '"code":"households_below"' in filed
    assert versions.count('"edition"') == 2
    assert '"households":410' in versions
    assert '"found":[0,null]' in located
    assert '"grid_code":"990101' in located


def test_the_guide_to_importing_works_as_it_stands(suite: RunningSuite, tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(sys.prefix)

    told = told_by("guide-importing", suite, folder=tmp_path, DATA=str(suite.folder))

    assert "姓名,区划代码,所属单位,用工性质,网格编码,职责" in told
    counted = [re.findall(rf"{name} *[│|] *(\d+)", told) for name in ("new", "there already")]
    assert counted == [["2", "2"], ["0", "0"]]


def test_the_guide_to_reporting_works_as_it_stands(suite: RunningSuite, tokens: str) -> None:
    told = told_by("guide-reporting", suite, TOKENS=tokens).splitlines()

    advice, tracked, has_contact, known, near_by, *rest = told
    assert "119" in advice
    assert "We have your report" in tracked
    assert has_contact == "False"
    assert re.fullmatch(r"Reported before under this reference, as I990101\d+\.", known)
    assert re.match(r"near by: I990101\d+", near_by)
    assert rest == [
        "created ",
        "refused place_missing",
        "accepted",
        "filed",
        "dispatched",
        "in_progress",
        "dept_review",
        "handled",
        "checking",
        "checked",
        "closed",
        "The department is handling it",
    ]


@pytest.mark.parametrize("name", sorted({path.name.split(".")[0] for path in ROOT.glob("docs/*.zh-CN.md")} - {"README"}))
def test_a_guide_in_chinese_has_the_same_examples_and_headings(name: str) -> None:
    assert blocks(f"{name}.zh-CN") == blocks(name)
    assert commands(f"{name}.zh-CN") == commands(name)
    english, chinese = (
        re.findall(r"^#+ ", re.sub(r"```.*?```", "", (ROOT / f"docs/{guide}.md").read_text(encoding="utf-8"), flags=re.DOTALL),
                   re.MULTILINE)
        for guide in (name, f"{name}.zh-CN")
    )  # fmt: skip
    assert chinese == english


def test_the_guide_to_the_books_works_as_it_stands(suite: RunningSuite) -> None:
    text = (ROOT / "docs/guide-timebank.md").read_text(encoding="utf-8")
    script = "\n".join(re.findall(r"```bash\n(.*?)```", text, re.DOTALL))
    tokens = {
        name: suite.issuer.token(f"guide-{name}", [role], ["990101"], scope=scope)
        for name, role, scope in (
            ("FIRST", "timebank_admin", ""),
            ("SECOND", "timebank_admin", ""),
            ("AUDITOR", "auditor", ""),
            ("APPLICATION", "integrator", "ledger:post"),
        )
    }

    environment = {**os.environ, **tokens, "BASE": suite.base_url}
    done = subprocess.run(["bash", "-euc", script], env=environment, capture_output=True, text=True, check=True)  # noqa: S603, S607

    assert done.stdout.splitlines() == [
        "alone: approved_by_you",
        "by two: approved",
        "moved in: 120",
        "too much: not_enough_minutes",
        "batch: posted ",
        "batch: refused not_enough_minutes",
        "batch: posted ",
        "entry: transfer -45 → 0",
        "entry: hold -75 → 45",
        "entry: import 120 → 120",
        "statement: 0 at the end",
        "as a file: 5 lines",
        "before all: 0",
        "sum: 0",
        "freeze: frozen",
        "nothing moves: account_not_open",
        "unfreeze: open",
        "close: countys_own_account",
        "reversed: approved",
        "once: already_reversed",
    ]


def test_the_guide_for_volunteers_leads_a_service_through_its_whole_life(suite: RunningSuite, tokens: str) -> None:
    told = told_by("guide-volunteer", suite, TOKENS=tokens).splitlines()

    assert told == [
        "publish: published",
        "open: keeping_company 990101001001 False",
        "second: The last place has gone; choose another service.",
        "address before: None",
        "address after: 望湖街道示例社区幸福里3栋502室",
        "check_in: Check in 30 minutes before the beginning, and not earlier.",
        "cancel: cancelled",
        "cancel: cancelled",
        "check_in: checked_in",
        "check_out: checked_out",
        "settle: You did this service yourself, so somebody else has to say so.",
        "settle: settled",
        "minutes: 27 took, 15 worth",
        "rate: settled",
        "dispute: disputed",
        "convene: A panel is three people who have nothing to do with the service.",
        "convene: disputed",
        "decide: disputed",
        "decide: settled",
        "stranger: Minutes are given to relatives alone: both say so, and a station checks it.",
        "There are not enough minutes on the account: its balance, less what is locked, does not cover this.",
    ]


def test_the_guide_for_a_station_works_as_it_stands(suite: RunningSuite, tokens: str) -> None:
    told = told_by("guide-station", suite, TOKENS=tokens).splitlines()

    assert told == [
        "registered: 周** 138****9001 active",
        "twice: This person is a participant of the county already.",
        "minor: Whoever may be a minor needs a guardian.",
        "trained: first_aid",
        "put right: active",
        "phone: 13800019001",
        "open: published, paid by issuance",
        "welcome: The team's leader does this.",
        "waits: orders requested True",
        "waits: claims checked_out True",
        "freeze: frozen",
        "clerk: Your token does not grant participants:govern.",
        "unfreeze: active",
    ]


def test_the_guide_for_a_commander_works_as_it_stands(suite: RunningSuite, tokens: str) -> None:
    told = told_by("guide-commander", suite, TOKENS=tokens).splitlines()

    assert told == [
        "holds: 10",
        "near: 示例礼堂, 10",
        "near: 示例广场, 1800",
        "stand_by: standby",
        "stand_by: standby",
        "open: open is done by: shelter manager.",
        "open: The address and the way are published with the opening: say the route.",
        "open: open",
        "open: open",
        "public: 示例礼堂, 文昌路向东 300 米,按绿色标志进入",
        "admit: open",
        "now: 11 full",
        "go to: 示例广场 1800",
        "let_go: open",
        "let_go: So many are not there: 9 are counted. Check, or count anew.",
        "close: closing",
        "restore: There are 9 people still; a shelter is restored when all have left.",
        "let_go: closing",
        "restore: Somebody else than you witnesses that paper lists are destroyed.",
        "restore: ready",
        "close: closing",
        "restore: ready",
        "retire: retired",
        "proposed: 示例社区志愿救援队, 30 min",
        "ack: Your token does not grant response_teams:own.",
        "ack: assembling",
        "arrive: 3 of the team may go: they are of age and insured.",
        "arrive: onsite",
        "release: released",
        "team: resting",
        "gives: 示例蓝天救援队, 县应急管理局书面邀请",
        "call_in: called_in",
        "release: listed",
        "strike: struck",
    ]


def test_the_guide_to_places_works_as_it_stands(suite: RunningSuite) -> None:
    told = told_by("guide-places", suite, OFFICE=suite.tokens["inventory_manager"]).splitlines()

    notes = [
        "row 2 capacity_differs: the register says 1089, its area holds 1532",
        "row 3 area_missing: no effective area: it stays planned until somebody enters one",
        "row 3 declared_zero: the register says that it holds nobody",
    ]
    assert told == [
        *("added 2 unchanged 0", *notes),
        *("added 2 unchanged 0", *notes),
        *("added 0 unchanged 2", *notes),
        *told[12:14],
        "within: 第一小学校 南館 [120.1511, 30.2701]",
        "within: 第二小学校 [120.1521, 30.2703]",
        "FeatureCollection 2 Point",
    ]
    assert {line.partition(" ")[0] for line in told[12:14]} == {"near:"}


NOT_ENOUGH = (
    "approve: There is not enough at this storage point that is free: approve less, choose another one,"
    " or wait for more to come."
)
NOT_NEAR = (
    "rotate: The lot is not near its last day, so it is neither rotated nor scrapped;"
    " quarantine it first if something is wrong."
)


def test_the_guide_for_a_warehouse_keeper_works_as_it_stands(suite: RunningSuite, tokens: str) -> None:
    told = told_by("guide-warehouse", suite, TOKENS=tokens).splitlines()

    assert told == [
        "inspect_ok: You gave the approval before this one; somebody else has to give this one.",
        "inspect_ok: The two counts differ: count again together. If it stays so, reject the lot and receive what is there.",
        "inspect_ok: available",
        "inspect_ok: available",
        "there: 毛毯 80.000 条, free 80.000",
        "submit: submitted",
        "approve: approve is done by: emergency commander, inventory manager.",
        "approve: approved",
        "pick: 30.000 of MT-01",
        "pick: 10.000 of MT-02",
        "submit: submitted",
        NOT_ENOUGH,
        "pick: picking",
        "issue: issued",
        "depart: in_transit",
        "receive: You issued it, so somebody else receives it.",
        "receive: received",
        "settle: Not all that was issued has come, or something is damaged; dispute it.",
        "dispute: discrepancy",
        "resolve: resolving",
        "agree: settled",
        "give_back: settled",
        "adjust: adjust is done by: inventory manager.",
        "adjust: adjusted",
        "moved: in 50.000, left 50.000",
        "moved: reserve 10.000, left 50.000",
        "moved: out 10.000, left 40.000",
        "moved: adjust -1.000, left 39.000",
        NOT_NEAR,
        "quarantine: quarantined",
        "propose_scrap: scrap_proposed",
        "approve_scrap: You gave the approval before this one; somebody else has to give this one.",
        "approve_scrap: scrapped",
        "traced: out 10.000",
        "traced: scrap 39.000",
        "required: 250.000",
        "plan: 250.000 missing, buy 250.000",
        "kit: 棉被 300 床",
        "kit: 饮用水 4050 升",
    ]


def test_the_guide_to_mediation_leads_a_dispute_to_its_file(suite: RunningSuite, tokens: str) -> None:
    told = told_by("guide-mediation", suite, TOKENS=tokens).splitlines()

    assert told == [
        "registered: applied",
        "masked: 钱**",
        "in full, for a reason that is kept: 钱二",
        "ask_willingness: consent_pending",
        "consent: consent_pending",
        "too early: Parties who have not said yes yet: 1; it cannot be accepted.",
        "accept: accepted",
        "suggested: elected",
        "assign: assigned",
        "request_recusal: assigned",
        "who stepped aside: There is no such case that you may see.",
        "replace: assigned",
        "disclose: assigned",
        "calendar: 1",
        "not ready: It cannot begin yet; it lacks: a notice to every party.",
        "open: open",
        "end: ended",
        "sign: ended",
        "agree_oral: What a party asks for, what is not performed at once, and what is major or complex is agreed in writing.",
        "who presides signs: draft",
        "seal: effective",
        "case: agreed_written",
        "start_performance: performing",
        "case: performed",
        "missing: ['identity']",
        "ask_close: performed",
        "close: closed",
        told[27],
        "archive: Follow-ups that are still to be done: 3.",
        told[29],
        "this month, by kind: dispute_type",
    ]
    assert re.fullmatch(r"number: （20\d\d）望湖人调字第N号", told[27])
    assert told[29].startswith("file: It cannot be put on file yet; it lacks: 3 to 9 members, a chair, a seal")


def test_the_guide_for_a_court_works_as_it_stands(suite: RunningSuite, tokens: str) -> None:
    court = suite.issuer.token("court", ["integrator"], ["990101"], scope="cases:register cases:read confirmations:decide")

    told = told_by("guide-court", suite, TOKENS=tokens, COURT=court).splitlines()

    assert told == [
        "entrusted: referred_in",
        "parties: Your token does not grant parties:read.",
        "accepted: accepted",
        "as the court sees it: accepted",
        "agreement: effective",
        "one alone: All parties do that together.",
        told[6],
        "court_accepts: accepted",
        "court_extends: accepted",
        "court_confirms: confirmed",
    ]
    assert told[6].startswith(
        "court_confirms: The confirmation is applied, so court_confirms is not possible; possible now: court_"
    )


def test_the_guide_to_a_response_works_as_it_stands(suite: RunningSuite, tokens: str) -> None:
    told = told_by("guide-response", suite, TOKENS=tokens).splitlines()

    thread = {line.removeprefix("thread: ") for line in told if line.startswith("thread: ")}
    assert thread >= {
        "incidents: response.urgent_clocks_began",
        "inventory: mobilization.ordered",
        "inventory: response.activated",
        "inventory: response.proposed",
        "inventory: situation.report_due",
        "inventory: warning.relayed",
        "personnel: response.roster_counted",
        "timebank: order.published",
    }
    assert [line for line in told if not line.startswith("thread: ")] == [
        "nobody's: Say which authority issued it: only what one issued is relayed.",
        "colour: red",
        "1",
        "level: iii",
        "decide: decide is done by: deputy commander, emergency commander.",
        "decide: active",
        "report_by_phone: active",
        "report_by_phone: That report was made already.",
        "clock: accept 15 urgent_minute",
        "report: daily",
        "report: daily",
        "sums: 1 of 6 townships, 120 relocated",
        "adjust: adjust is done by: deputy commander, emergency commander.",
        "adjust: active",
        "lift: lifted",
        "report: done",
        "review: reviewed",
        "session: lifted",
    ]
