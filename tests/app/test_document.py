"""A page's document is Streamlit's own with our style, and names every module of the viewer."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

import app.document
from app.document import documents, with_modules, with_style
from app.live.routes import routes
from app.live.viewer_files import VIEWER_FILES, viewer_address
from tests.app.test_pages import TITLES

LINK = re.compile(r'<link rel="modulepreload" fetchpriority="low" href="(/live/[^"]+)">')
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
IMPORT = re.compile(r'(?:from|import) "\./([a-z0-9_]+\.js)"')


@pytest.fixture(scope="module")
def client():
    with TestClient(Starlette(routes=[*documents, *routes])) as made:
        yield made


def wanted(module: str, known: set[str] | None = None) -> set[str]:
    """A module of the viewer and all that it imports, and they in turn."""
    known = set() if known is None else known
    if module not in known:
        known.add(module)
        for name in IMPORT.findall((VIEWER_FILES / module).read_text()):
            wanted(name, known)
    return known


def test_every_page_of_the_list_has_its_document():
    names = {route.path.removeprefix("/") or "home" for route in documents}
    assert names == {path.removesuffix(".py") for path in TITLES}


@pytest.mark.parametrize("path", [route.path for route in documents])
def test_a_document_is_streamlits_with_our_style_and_the_viewers_modules_named(client, path):
    answer = client.get(path, params={"preset": "any"})
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache", "another viewer has other addresses"
    streamlits = files("streamlit").joinpath("static", "index.html").read_text(encoding="utf-8")
    assert STYLE.sub("", LINK.sub("", answer.text)) == streamlits
    head, _, _ = answer.text.partition("</head>")
    assert set(LINK.findall(head)) >= {viewer_address(name) for name in wanted("main.js")}


def test_the_style_stands_after_the_head_that_streamlit_writes_into(client):
    _, _, body = client.get("/vae").text.partition("</head>")
    assert STYLE.findall(body) == [Path(app.document.__file__).with_name("page.css").read_text()]


def test_what_is_named_is_kept_by_the_browser(client):
    for address in LINK.findall(client.get("/vae").text):
        kept = client.get(address)
        assert kept.status_code == 200 and "immutable" in kept.headers["cache-control"]


def test_a_document_without_a_head_stays_as_it_is():
    assert with_modules("<p>nothing</p>", ["/a.js"]) == "<p>nothing</p>"


def test_a_document_without_a_body_stays_as_it_is():
    assert with_style("<p>nothing</p>", "p { margin: 0; }") == "<p>nothing</p>"
