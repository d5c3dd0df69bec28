"""The HTML document of each page: Streamlit's own, which also names the viewer's modules.

Streamlit's JavaScript asks for the viewer only after it has drawn the rest of the page, and each
of the viewer's modules is found in another one. Named ahead, they are there by the time they are
wanted; at a low priority, so that a browser that has neither fetches Streamlit first.
"""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.live.viewer_files import viewer_modules

__all__ = ["documents", "with_modules"]

_PAGES = Path(__file__).parent / "pages"
_STREAMLIT = files("streamlit").joinpath("static", "index.html")


def with_modules(document: str, addresses: Sequence[str]) -> str:
    """Return an HTML document that lets the browser fetch modules before a script asks for them.

    Example:
        >>> with_modules("<head></head>", ["/a.js"])
        '<head><link rel="modulepreload" fetchpriority="low" href="/a.js"></head>'
    """
    links = [
        f'<link rel="modulepreload" fetchpriority="low" href="{address}">' for address in addresses
    ]
    return document.replace("</head>", "".join(links) + "</head>", 1)


async def _document(_: Request) -> HTMLResponse:
    text = with_modules(_STREAMLIT.read_text(encoding="utf-8"), viewer_modules())
    return HTMLResponse(text, headers={"Cache-Control": "no-cache"})


documents = [
    Route("/" if path.stem == "home" else f"/{path.stem}", _document)
    for path in sorted(_PAGES.glob("*.py"))
]
"""A route for each page, before Streamlit's own, which answers every other address."""
