"""What every test shares: a home of its own, a device, and the order of the suite."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

# Set before any test module is imported: nothing may write into the home of the person.
os.environ["GEN_LAB_HOME"] = tempfile.mkdtemp(prefix="gen-lab-tests-")

# Small networks gain nothing from a second thread, and workers use one too.
torch.set_num_threads(1)


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(os.environ["GEN_LAB_HOME"], ignore_errors=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a person run the laws on a GPU: `pytest --device cuda`."""
    parser.addoption("--device", default="cpu", help="device that the laws run on")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: the quick laws fail first.

    Playwright also keeps an event loop in this thread while its browser lives, in which no
    other test could call `asyncio.run`.
    """
    folder = Path(__file__).parent / "browser"
    for item in items:
        if item.path.is_relative_to(folder):
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item.path.is_relative_to(folder))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where several processes share the suite, a file is whole in one of them.

    What it prepares is then prepared once. All browser tests are in one: two servers with two
    browsers would wait for each other's cores.
    """
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "browser" if file.startswith("tests/browser/") else file

    return ByFile(config, log)


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> torch.device:
    """The device named by `--device`."""
    return torch.device(request.config.getoption("--device"))


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    """Every test starts from the same generator, on one thread, and leaves no mark on the next."""
    torch.set_num_threads(1)  # a command of the terminal may have set others
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield
    assert torch.is_grad_enabled(), "a generator that is not at its end holds torch.no_grad"
