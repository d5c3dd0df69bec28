"""The viewer's files over HTTP: a browser keeps what it has fetched until one of them changes.

The address carries a hash of all of them, so that the sixty modules of the viewer are fetched once
and not asked about again with every page.
"""

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

__all__ = ["VIEWER_FILES", "viewer_address", "viewer_file", "viewer_modules"]

VIEWER_FILES = Path(__file__).parent / "viewer"
FILE_NAME = re.compile(r"[a-z][a-z0-9_]*\.(js|css|svg|json)")
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
FOR_EVER = "public, max-age=31536000, immutable"


def viewer_address(name: str) -> str:
    """Return the path of one of the viewer's modules; another one after any of them changed."""
    return f"/live/viewer/{_version()}/{name}"


def viewer_modules() -> list[str]:
    """Return the paths of all the viewer's modules, as :func:`viewer_address` does of one."""
    folder = viewer_address("")
    return [folder + path.name for path in sorted(VIEWER_FILES.glob("*.js"))]


async def viewer_file(request: Request) -> Response:
    """Serve one of the viewer's files; nothing outside their folder has a matching name.

    Under the present version's address a browser may keep it; under another it asks each time.
    """
    name = request.path_params["file"]
    path = VIEWER_FILES / name
    if not FILE_NAME.fullmatch(name) or not path.is_file():
        return PlainTextResponse("There is no such viewer file.", status_code=404)
    kept = request.path_params.get("version") == _version()
    return FileResponse(
        path,
        media_type=MEDIA_TYPES[path.suffix],
        headers={
            "Cache-Control": FOR_EVER if kept else "no-cache",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _version() -> str:
    """Return a hash of the files' contents, read again only when one was written."""
    paths = sorted(VIEWER_FILES.iterdir())
    return _digest(tuple((path, path.stat().st_mtime_ns) for path in paths))


@lru_cache(maxsize=1)
def _digest(written: tuple[tuple[Path, int], ...]) -> str:
    found = hashlib.sha256()
    for path, _ in written:
        found.update(path.name.encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:16]
