"""The front page and the book: what runs, whose tokens there are, and every document with links that lead somewhere."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from gridwhistle.standalone.front.book import Book
from gridwhistle.standalone.services import KINDS, NAMES
from tests.conftest import RunningSuite

BOOK = Book()


@pytest.fixture
def page(suite: RunningSuite) -> str:
    return suite.client.get("/").text


def test_every_service_is_named_and_leads_to_its_documents(page: str) -> None:
    for kind in KINDS:
        assert f'data-service="{kind.name}"' in page
        assert f'href="/{kind.name}/docs"' in page


def test_every_link_of_the_front_page_leads_somewhere(suite: RunningSuite, page: str) -> None:
    links = set(re.findall(r'(?:href|src)="([^"]+)"', page))

    answers = {link: suite.client.get(link).status_code for link in links}

    assert len(links) > len(NAMES)
    assert {link: status for link, status in answers.items() if status != 200} == {}


def test_nothing_is_loaded_from_elsewhere(suite: RunningSuite, page: str) -> None:
    policy = suite.client.get("/").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []


@pytest.mark.parametrize("name", sorted(BOOK.titles))
def test_every_link_of_a_chapter_leads_somewhere(name: str) -> None:
    text = BOOK.chapter(name)

    assert text is not None
    led = {target.partition("#")[0] for target in re.findall(r'(?:href|src)="(/book/[^"]+)"', text)}
    assert {one for one in led if not BOOK.chapter(one[6:]) and one[6:] not in BOOK.images} == set()
    assert "<script" not in text
    prose = re.sub(r"<(pre|code).*?</\1>", "", text, flags=re.DOTALL)
    assert "**" not in prose
    assert re.findall(r"[\u4e00-\u9fff]\n[\u4e00-\u9fff]", prose) == []
    assert "&lt;!--" not in text
    marked = re.findall(r'href="/book/([^"#]+)#([^"]+)"', text)
    assert {(one, mark) for one, mark in marked if f'id="{unquote(mark)}"' not in str(BOOK.chapter(one))} == set()


@pytest.mark.parametrize(("contents", "ending"), [("README.md", r"(?<!zh-CN)\.md"), ("README.zh-CN.md", r"\.zh-CN\.md")])
def test_the_table_of_contents_leads_to_every_guide(contents: str, ending: str) -> None:
    guides = {name for name in BOOK.titles if re.fullmatch(rf"guide-.+{ending}", name)}

    assert guides - set(re.findall(r'href="/book/([^"#]+)', str(BOOK.chapter(contents)))) == set()


@pytest.mark.parametrize("path", ["/book/../README.md", "/book/%2e%2e/Makefile", "/book/nothing.md", "/front/page.html"])
def test_what_is_no_page_is_not_served(suite: RunningSuite, path: str) -> None:
    answer = suite.client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_path")


def test_tokens_are_shown_to_this_machine_by_its_own_name_alone(suite: RunningSuite) -> None:
    own, rebound = (suite.client.get("/", headers=headers).text for headers in ({}, {"Host": "rebound.example:8990"}))

    assert suite.tokens["town_acceptor"] in own
    assert "data-token" not in rebound


def test_a_folder_without_documents_has_no_book(tmp_path: Path) -> None:
    book = Book(tmp_path / "nowhere")

    assert book.parts() == {}
    assert book.chapter("guide-street.md") is None
