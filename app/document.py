"""The HTML document of each page: Streamlit's own, with our style, naming the viewer's modules.

Streamlit's JavaScript asks for the viewer only after it has drawn the rest of the page, and each
of the viewer's modules is found in another one. Named ahead, they are there by the time they are
wanted; at a low priority, so that a browser that has neither fetches Streamlit first. The style
comes along, so that no page is ever seen without it; in the body, because Streamlit writes its
own into the head while it runs, and of two equal rules the later one holds.
"""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.live.viewer_files import viewer_modules

__all__ = ["documents", "with_modules", "with_style"]

_PAGES = Path(__file__).parent / "pages"
_STYLE = Path(__file__).parent / "page.css"
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


def with_style(document: str, style: str) -> str:
    """Return an HTML document whose body begins with a style sheet.

    Example:
        >>> with_style("<body></body>", "p { margin: 0; }")
        '<body><style>p { margin: 0; }</style></body>'
    """
    return document.replace("<body>", f"<body><style>{style}</style>", 1)


async def _document(_: Request) -> HTMLResponse:
    text = with_modules(_STREAMLIT.read_text(encoding="utf-8"), viewer_modules())
    text = with_style(text, _STYLE.read_text(encoding="utf-8"))
    return HTMLResponse(text, headers={"Cache-Control": "no-cache"})


documents = [
    Route("/" if path.stem == "home" else f"/{path.stem}", _document)
    for path in sorted(_PAGES.glob("*.py"))
]
"""A route for each page, before Streamlit's own, which answers every other address."""
