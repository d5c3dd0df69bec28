"""Pages under test start real runs; their workers end with the tests."""

from collections.abc import Iterator

import pytest

from app import live_page
from app.live.runs import manager


@pytest.fixture(autouse=True)
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody paints the pictures of these pages: their text need not wait for one."""
    monkeypatch.setattr(live_page, "TEXT_WAITS", 0.0)


@pytest.fixture(scope="module")
def workers_end() -> Iterator[None]:
    """End every worker that the module's pages started."""
    yield
    manager().stop_all()
