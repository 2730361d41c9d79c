"""The book: the repository's documents as pages, with their links between them, in the order of its table of contents."""

import re
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from gridwhistle.common.problems import Term
from gridwhistle.standalone.front.diagram import drawn, is_wide

DOCS: Final = (Path(__file__).parent / "../../../../../docs").resolve()
"""Where the repository keeps them; an installation without them has no book."""
PARTS: Final = {
    "guides": Term("使用指南", "Guides"),
    "running": Term("部署与运维", "Running it"),
    "reference": Term("参考", "Reference"),
    "making": Term("参与开发", "Working on it"),
    "states": Term("状态表", "States"),
    "decisions": Term("设计决策", "Why it is so"),
}
CONTENTS: Final = "README.md"
"""The table of contents."""
_CHINESE: Final = ".zh-CN.md"
_RUNNING: Final = {"deploying.md", "operating.md", "kept.md"}
_BESIDE: Final = ("CONTRIBUTING.md", "CHANGELOG.md", "services/*/README.md")
"""What belongs to the book and does not stand in its folder."""
_FOLDERS: Final = {
    "states": "states",
    "adr": "decisions",
    "services": "making",
    "CONTRIBUTING.md": "making",
    "CHANGELOG.md": "making",
}
SERVED: Final = {"openapi.json", "asyncapi.json"}
"""What the suite says itself."""
_HEADING: Final = re.compile(r"^# (.+)$", re.MULTILINE)
_LINK: Final = re.compile(r"\]\(([^)#:]+)")
_OUTSIDE: Final = re.compile(r"[a-z]+:|/|#")
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")


class Book:
    """The documents of a folder, read once; what is not listed is not served."""

    def __init__(self, folder: Path = DOCS) -> None:
        """Take the folder in which they are."""
        self._texts = {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.glob("**/*.md"))}
        beside = (path for pattern in _BESIDE for path in sorted(folder.parent.glob(pattern)))
        self._texts |= {path.relative_to(folder.parent).as_posix(): path.read_text() for path in beside}
        self.images = {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.glob("**/*.svg"))}
        self._pages: dict[str, str] = {}

    @cached_property
    def titles(self) -> dict[str, str]:
        """The title of each chapter, by its name."""
        found = {name: _HEADING.search(text) for name, text in self._texts.items()}
        return {name: heading[1].replace("`", "") if heading else name for name, heading in found.items()}

    @cached_property
    def named(self) -> list[str]:
        """The chapters that the table of contents names, in its order."""
        return [_joined(CONTENTS, target) for target in _LINK.findall(self._texts.get(CONTENTS, ""))]

    def parts(self) -> dict[str, list[str]]:
        """Return the chapters of each part, in the order of the table of contents; what it does not name comes last."""
        parts: dict[str, list[str]] = {part: [] for part in PARTS}
        order = {name: number for number, name in reversed([*enumerate(self.named)])}
        for name in sorted(self._texts, key=lambda name: order.get(name, len(order))):
            if name != CONTENTS and not name.endswith(_CHINESE):
                parts[_part_of(name)].append(name)
        return {part: names for part, names in parts.items() if names}

    def chinese(self, name: str) -> str | None:
        """Return the name of a chapter in Chinese, if there is one."""
        chinese = name.removesuffix(".md") + _CHINESE
        return chinese if chinese in self._texts else None

    def chapter(self, name: str) -> str | None:
        """Return a chapter as HTML, or None if there is none of that name."""
        if name in self._texts and name not in self._pages:
            self._pages[name] = self._drawn(name)
        return self._pages.get(name)

    def _drawn(self, name: str) -> str:
        text = re.sub(r"^<!--.*?-->\n", "", self._texts[name], flags=re.MULTILINE)
        tokens = _MARKDOWN.parse(text)
        self._lead(tokens, name)
        _join_chinese(tokens)
        for heading, text_of_it in pairwise(tokens):
            if heading.type == "heading_open":
                heading.attrSet("id", anchor(text_of_it.content))
        for token in tokens:
            if token.info == "mermaid":
                token.type, token.content = "html_block", drawn(token.content)
        return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))

    def _lead(self, tokens: list[Token], name: str) -> None:
        """Let links between documents lead to their pages; what has no page is text."""
        for token in tokens:
            for child in token.children or ():
                for attribute in ("href", "src"):
                    if target := child.attrGet(attribute):
                        child.attrSet(attribute, self._leads_to(str(target), name))

    def _leads_to(self, target: str, name: str) -> str:
        if _OUTSIDE.match(target):
            return target
        path, mark, place = target.partition("#")
        there = _joined(name, path)
        if there in SERVED:
            return f"/{there}"
        return f"/book/{there}{mark}{place}" if {there} & (self._texts.keys() | self.images.keys()) else "/"


def _join_chinese(tokens: list[Token]) -> None:
    """Let a line that ends within Chinese go on without the blank that browsers put there."""
    for token in tokens:
        children = token.children or []
        for place, child in enumerate(children):
            before = next((one.content for one in reversed(children[:place]) if one.content), "")
            after = next((one.content for one in children[place + 1 :] if one.content), "")
            if child.type == "softbreak" and is_wide(before[-1:]) and is_wide(after[:1]):
                child.type = "text"


def anchor(heading: str) -> str:
    """Return the mark by which links reach a heading, as forges make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _joined(name: str, path: str) -> str:
    """Return the name of what a link in a chapter leads to."""
    steps: list[Any] = name.split("/")[:-1]
    for step in path.split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step not in {"", "."}:
            steps.append(step)
    return "/".join(steps).removeprefix("docs/")


def _part_of(name: str) -> str:
    folder, _, _ = name.partition("/")
    if folder in _FOLDERS:
        return _FOLDERS[folder]
    if name.startswith("guide-"):
        return "guides"
    return "running" if name in _RUNNING else "reference"
