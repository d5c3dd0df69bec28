"""Hand-made critics whose values are known, and a game in the plane that holds one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from gen_core.data.base import PointSource
from gen_core.data.toy2d import dataset
from gen_core.exploration import registry
from gen_core.exploration.base import View
from gen_core.nn.mlp import Mlp
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState

WITH_LATENT_SPACE = {
    "vae": {"width": 16, "data": "digits"},
    "iaf": {"width": 4, "data": "digits"},
    "pixelvae": {"width": 8, "data": "digits"},
    "realnvp_images": {"width": 4},
    "resnet_vae": {"width": 8},
    "hierarchical_pixelvae": {"width": 9, "deep_width": 8, "data": "rooms-16"},
}
"""A small model of each paper whose latent space can be walked."""


class Formula(nn.Module):
    """A critic written as a formula."""

    def __init__(self, formula):
        super().__init__()
        self.formula = formula

    def forward(self, x):
        return self.formula(x)


@dataclass(frozen=True)
class Game:
    """The least that a game in the plane is; without a generator, fakes are real plus noise."""

    data: str = "8gaussians"
    noise_dim: int = 2
    stem: str = "handmade"

    def dataset(self) -> PointSource:
        return dataset(self.data)

    def generate(self, models, noise, real):
        return models["generator"](noise) if "generator" in models else real + noise


@pytest.fixture
def view_of() -> Callable[..., View]:
    """Make a view of a hand-made critic, given as a formula or a module."""

    def make(critic, *, seed=7, game=None, **models):
        module = critic if isinstance(critic, nn.Module) else Formula(critic)
        where = torch.device("cpu")
        return View(game or Game(), seed, where, 0, {"critic": module, **models})

    return make


@pytest.fixture
def network_view(view_of) -> View:
    """A trainable critic of two hidden layers and a generator of one."""
    return view_of(
        Mlp(2, 1, width=8, depth=2),
        generator=Mlp(2, 2, width=8, depth=1),
    )


@pytest.fixture
def relu() -> Callable[..., nn.Module]:
    """Make a ReLU critic with a given width and number of hidden layers."""
    return lambda width, depth=1: Mlp(2, 1, width=width, depth=depth)


@pytest.fixture
def plane_without_game() -> object:
    """Something that is no game in the plane."""
    return object()


@pytest.fixture
def own_probes() -> Iterator[None]:
    """Forget the probes that a test declares."""
    registry.probes()
    before = dict(registry._registry)
    yield
    registry._registry.clear()
    registry._registry.update(before)


@pytest.fixture(scope="session")
def lanes():
    """A view of each model that has a latent space, with weights that say something."""
    found = {}
    for stem, overrides in WITH_LATENT_SPACE.items():
        state = TrainingState.start(make(stem, "", overrides), 3, "cpu")
        with torch.no_grad():
            for model in state.models.values():
                torch.manual_seed(0)
                for parameter in model.parameters():
                    parameter.add_(0.1 * torch.randn_like(parameter))
        found[stem] = View.of(state)
    return found
