"""Refusals as people and programs read them: RFC 9457 problems in Chinese and English that never repeat what was sent."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Literal, NamedTuple

import orjson

Language = Literal["zh", "en"]


class Term(NamedTuple):
    """A word of the field in both languages."""

    zh: str
    en: str


Fact = str | int | Term | Sequence[Term]


class Problem(Exception):
    """An expected refusal: what happened, to which thing, and what is allowed instead.

    A subclass names one kind of refusal. `zh` and `en` are sentences with places for facts, and facts come from our own rows
    and tables, never from the request.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "problem"
    title: ClassVar[Term] = Term("请求未能完成", "The request was not completed")
    zh: ClassVar[str] = ""
    en: ClassVar[str] = ""
    kept: ClassVar[bool] = True
    """Whether it is the one answer of its key. Refusals that say "later" or "differently" are not."""
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self, *, allowed: Sequence[Term] | None = None, errors: Sequence[Mapping[str, Any]] = (), **facts: Fact
    ) -> None:
        self.allowed, self.errors = allowed, errors
        self.facts: dict[str, Fact] = {**facts, "allowed": allowed or ()}
        super().__init__(self.sentence("en"))

    def sentence(self, language: Language) -> str:
        """Return the detail in one language."""
        template: str = getattr(self, language)
        return template.format_map({name: _say(fact, language) for name, fact in self.facts.items()})

    def body(self, language: Language, request_id: str) -> bytes:
        """Return the problem document."""
        document: dict[str, Any] = {
            "type": f"urn:gridwhistle:problem:{self.code}",
            "title": getattr(self.title, language),
            "status": self.status,
            "detail": self.sentence(language),
            "code": self.code,
            "request_id": request_id,
        }
        if self.allowed is not None:
            document["allowed"] = [term.en for term in self.allowed]
        if self.errors:
            document["errors"] = [{**error, "message": getattr(error["message"], language)} for error in self.errors]
        return orjson.dumps(document)


def _say(fact: Fact, language: Language) -> str:
    if isinstance(fact, Term):
        return str(getattr(fact, language))
    if isinstance(fact, str | int):
        return str(fact)
    separator, nothing = ("、", "无") if language == "zh" else (", ", "nothing")
    return separator.join(getattr(term, language) for term in fact) or nothing


@lru_cache(maxsize=256)
def language_of(accept_language: str) -> Language:
    """Return the better of our two languages for an `Accept-Language` header; Chinese unless English is asked for first."""
    primaries = (tag.partition("-")[0] for tag in wishes(accept_language))
    return "en" if next((one for one in primaries if one in {"zh", "en"}), "zh") == "en" else "zh"


def wishes(header: str) -> list[str]:
    """Return what an `Accept` or `Accept-Language` header names, in small letters, what is wished for most first.

    Of two equal wishes the first named wins, and anything named before anything (`*`).
    """
    named: list[tuple[float, bool, str]] = []
    for part in header.lower().split(","):
        name, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.partition("q=")[2] or 1)
        except ValueError:
            continue
        if weight > 0:
            named.append((-weight, "*" in name, name.strip()))
    return [name for *_, name in sorted(named, key=lambda wish: wish[:2])]


class NotFound(Problem):
    """There is no such thing, or none that this caller may see."""

    status, code = 404, "not_found"
    title = Term("未找到", "Not found")
    zh, en = "没有您可以查看的这一{thing}。", "There is no such {thing} that you may see."


class Forbidden(Problem):
    """The thing is visible, but the act is not this caller's."""

    status, code = 403, "forbidden"
    title = Term("无权操作", "Not yours to do")


class Conflict(Problem):
    """The act is not possible as things stand."""

    status, code = 409, "conflict"
    title = Term("当前情况不允许", "Not possible as things stand")


class Invalid(Problem):
    """The content breaks a rule."""

    status, code = 422, "invalid"
    title = Term("内容不符合要求", "The content is not valid")


class NothingToChange(Invalid):
    """A change says what changes."""

    code = "nothing_to_change"
    zh, en = "请至少填写一项要修改的内容。", "Say at least one thing that is to change."


class IllegalMove(Conflict):
    """The thing is in a state from which this action leads nowhere."""

    code = "illegal_move"
    zh = "{thing}现为“{state}”,不能“{action}”;现在可以:{allowed}。"
    en = "The {thing} is {state}, so {action} is not possible; possible now: {allowed}."


class WrongRole(Forbidden):
    """The action exists, but for other roles."""

    code = "wrong_role"
    zh, en = "“{action}”须由以下角色办理:{roles}。", "{action} is done by: {roles}."


class OutsideYourArea(Forbidden):
    """What would come into being lies outside the caller's jurisdiction."""

    code = "outside_your_area"
    zh = "该地点不在您的管辖范围内,请由当地人员办理。"
    en = "That place is outside your jurisdiction; ask somebody who is responsible there."


class GridElsewhere(Invalid):
    """What would come into being lies in a grid of another community than it says."""

    code = "grid_elsewhere"
    zh, en = "该网格不在所填的村(社区)内。", "That grid is not part of that community."


class Stale(Problem):
    """`If-Match` names a version that is not the current one."""

    status, code = 412, "stale_version"
    title = Term("版本已变化", "The version has changed")
    zh = "{thing}已被他人修改,现为第 {version} 版;请重新读取后再提交。"
    en = "The {thing} was changed by somebody else and is at version {version}; read it again, then repeat."


class Busy(Problem):
    """Too many at once, or a part of us is away; nothing was written."""

    status, code, kept = 503, "busy", False
    title = Term("暂时繁忙", "Busy for the moment")
    zh, en = "系统繁忙,本次未写入任何内容,请稍后重试。", "We are busy and wrote nothing; try again shortly."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}


class MayHaveHappened(Problem):
    """The database went away while the answer was on its way, and without a key nobody can tell."""

    status, code, kept = 503, "may_have_happened", False
    title = Term("结果未知", "The outcome is not known")
    zh = "写入时连接中断,操作可能已经生效;请先查询再决定是否重做。携带 Idempotency-Key 的请求可以放心重试。"
    en = "The connection broke while writing, so it may have happened: look first. With an Idempotency-Key, repeat safely."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}


class TooManyRequests(Problem):
    """A caller asks more often than one caller may."""

    status, code, kept = 429, "too_many_requests", False
    title = Term("请求过于频繁", "Too many requests")
    zh, en = "请求过于频繁,本次未办理;请稍候再试。", "You ask more often than one caller may; wait a moment, then ask again."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}


class KeyReused(Problem):
    """An `Idempotency-Key` was used before for a different request."""

    status, code, kept = 422, "idempotency_key_reused", False
    title = Term("幂等键已被使用", "The idempotency key was used before")
    zh = "该 Idempotency-Key 已用于另一请求;新的请求请使用新的键。"
    en = "This Idempotency-Key belongs to a different request; use a new key for a new request."


class TooLarge(Problem):
    """The body is larger than this operation takes."""

    status, code, kept = 413, "body_too_large", False
    title = Term("请求体过大", "The body is too large")
    zh, en = "请求体不得超过 {bytes_max} 字节。", "The body may have {bytes_max} bytes at most."


class NotJson(Problem):
    """The content type is not JSON."""

    status, code, kept = 415, "not_json", False
    title = Term("须为 JSON", "JSON is expected")
    zh, en = "Content-Type 须为 application/json。", "Send the body with Content-Type: application/json."


class MediaTypeNotTaken(Problem):
    """The content is sent as something that the operation does not take."""

    status, code, kept = 415, "media_type_not_taken", False
    title = Term("不接受这种内容", "Such content is not taken")
    zh, en = (
        "请直接发送文件内容,Content-Type 须为:{taken}。",
        "Send the file itself, with one of these as Content-Type: {taken}.",
    )


class TooSlow(Problem):
    """The content did not arrive in time."""

    status, code, kept = 408, "too_slow", False
    title = Term("接收超时", "The content did not arrive in time")
    zh, en = "文件未能在规定时间内传完,请在网络较好时重试。", "The file took too long to arrive; try again on a better line."


class NoBodyExpected(Problem):
    """The operation takes no content, and content was sent: it would be lost without a word."""

    status, code, kept = 422, "no_body_expected", False
    title = Term("此操作不接受内容", "No content is expected")
    zh, en = "此操作不接受请求体;请留空或发送 {{}}。", "This operation takes no content: send nothing, or {{}}."


class UnknownParameter(Problem):
    """A query parameter that the operation does not have, or one given twice."""

    status, code, kept = 400, "unknown_parameter", False
    title = Term("查询参数有误", "A query parameter is wrong")
    zh, en = "每个查询参数至多出现一次;可用:{known}。", "Each query parameter may be given once; there are: {known}."


class BadHeader(Problem):
    """A header that we read is not of its form."""

    status, code, kept = 400, "bad_header", False
    title = Term("请求头有误", "A header is wrong")
    zh, en = "请求头 {header} 须为:{form}。", "The header {header} must be: {form}."


class VersionNeeded(Problem):
    """A change of content without the version it is based on."""

    status, code, kept = 428, "version_needed", False
    title = Term("须注明版本", "The version is needed")
    zh, en = "修改须携带 If-Match,其值为读取时的 ETag。", "Send If-Match with the ETag of what you read."


class UnknownPath(Problem):
    """There is no operation at this address."""

    status, code, kept = 404, "unknown_path", False
    title = Term("没有这个地址", "No such address")
    zh, en = "此地址没有可用的操作,请见 /docs。", "There is no operation at this address; see /docs."


class WrongMethod(Problem):
    """The address has operations, but not this one."""

    status, code, kept = 405, "wrong_method", False
    title = Term("方法不适用", "The method does not apply")
    zh, en = "此地址不支持该方法;可用:{allowed}。", "The address does not take this method, but: {allowed}."


class Broken(Problem):
    """Our fault; the log has the reason under the request id."""

    status, code, kept = 500, "internal_error", False
    title = Term("系统内部错误", "An error of ours")
    zh, en = (
        "系统出错,已记录;反馈时请提供 request_id。",
        "We made an error and logged it; quote the request_id when you report it.",
    )
