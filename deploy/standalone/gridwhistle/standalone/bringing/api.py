"""The API of a suite, as an import asks it: each command under a key, and again while nobody answers."""

import asyncio
import datetime as dt
import hashlib
from collections.abc import AsyncIterator
from typing import Any, Final, Self

import httpx2
import orjson

from gridwhistle.common.problems import Language
from gridwhistle.standalone.bringing.refusals import CannotImport, Refused

PAUSES_S: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Between tries of a call that nobody answered: long enough for a service that is started again."""
_AWAY: Final = frozenset({429, 502, 503, 504})
"""Nobody is there for the moment, or a gateway lets nobody more through."""


class Api:
    """A suite at an address, for the holder of a token."""

    def __init__(
        self, base_url: str, bearer: str, language: Language = "en", transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        """Take where it is, and who asks; the transport is the usual one, if left out."""
        headers = {"Authorization": f"Bearer {bearer}", "Accept-Language": language}
        self.language = language
        self._client = httpx2.AsyncClient(base_url=base_url, headers=headers, timeout=300, transport=transport)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *how: object) -> None:
        await self._client.aclose()

    async def look(self) -> None:
        """Say at once when there is nobody; later on, whoever does not answer may be starting again, and is asked again.

        Raises:
            CannotImport: there is nobody.
        """
        try:
            await self._client.get("/personnel/v1/areas")
        except (httpx2.ConnectError, httpx2.UnsupportedProtocol):
            address = str(self._client.base_url).rstrip("/")
            raise CannotImport(
                f"{address} 没有运行中的系统。请用 `gridwhistle up` 启动,或用 --base-url 指明地址。",
                f"there is no suite at {address}. Start one with `gridwhistle up`, or name its --base-url.",
            ) from None
        except httpx2.TransportError:
            pass

    async def all(self, path: str) -> AsyncIterator[dict[str, Any]]:
        """Yield every item of a list."""
        cursor = ""
        while True:
            page, _ = await self.call(f"{path}?limit=200{cursor}")
            for item in page["items"]:
                yield item
            if page["next_cursor"] is None:
                return
            cursor = f"&cursor={page['next_cursor']}"

    async def call(
        self, path: str, content: Any = None, *, keyed: bool = True, as_of: dt.datetime | None = None, media_type: str = ""
    ) -> tuple[dict[str, Any], bool]:
        """Read, or with content do something once: its key is made of the content, so whoever sends it again hears the same.

        Returns the answer, and whether it was given to a run before this one. (After a try that nobody answered, an answer
        that was given before is taken for the one to that try.)

        Raises:
            Refused: the answer is no.
            CannotImport: there is no answer, or none of ours.
        """
        body = content if isinstance(content, bytes) else orjson.dumps(content) if content else None
        headers = {"Content-Type": media_type or "application/json"} if body else {}
        if body and keyed:
            headers["Idempotency-Key"] = f"import-{hashlib.sha256(path.encode() + body).hexdigest()}"
        if as_of:
            headers["As-Of"] = as_of.isoformat()
        why = ""
        for pause_s in (*PAUSES_S, None):
            try:
                response = await self._client.request("POST" if body else "GET", path, content=body, headers=headers)
            except httpx2.TransportError as error:
                why = why or f"{type(error).__name__} {error}".strip()
            else:
                if response.status_code not in _AWAY:
                    return _read(response), not why and response.headers.get("Idempotency-Replayed") == "true"
                why = why or f"status {response.status_code}"
            if pause_s is not None:
                await asyncio.sleep(pause_s)
        raise CannotImport(
            f"{path.partition('?')[0]} 尝试 {len(PAUSES_S) + 1} 次均无应答({why})。"
            "已导入的不会丢失:请稍后重新执行,将从中断处继续。",
            f"{path.partition('?')[0]} did not answer in {len(PAUSES_S) + 1} tries ({why}). What came in is kept: run this"
            " again later, and it goes on from there.",
        )


def _read(response: httpx2.Response) -> dict[str, Any]:
    try:
        content: Any = orjson.loads(response.content)
        if response.is_success:
            return dict(content)
        places = "".join(f"\n  {error['message']}" for error in content.get("errors", ()))
        refused = Refused(response.status_code, content["code"], f"{content['detail']}{places}")
    except (ValueError, KeyError, TypeError, AttributeError):
        path = response.request.url.path
        raise CannotImport(
            f"{path}:应答方(状态码 {response.status_code})不是网格哨。",
            f"{path}: what answers there (status {response.status_code}) is not Gridwhistle.",
        ) from None
    raise refused
