"""Pages under test start real runs; their workers end with the tests."""

from collections.abc import Iterator

import pytest

from app.live.runs import manager


@pytest.fixture(scope="module")
def workers_end() -> Iterator[None]:
    """End every worker that the module's pages started."""
    yield
    manager().stop_all()
