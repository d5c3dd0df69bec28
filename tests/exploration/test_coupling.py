"""Proposition 1 on critics that are optimal by construction, and on some that are not."""

import functools
import threading

import numpy as np
import pytest
import torch

from gen_core.data.base import PointSource
from gen_core.errors import ProbeError
from gen_core.evaluation import transport
from gen_core.exploration.base import probe_slices, run_probe
from gen_core.exploration.plane import fixed_batch

WHOLE = {"n": 200, "drawn": 200}


class Placed(torch.nn.Module):
    """A generator that puts its noise at a scale around a point, in a given order."""

    def __init__(self, at, scale=0.0, order=None):
        super().__init__()
        self.at, self.scale, self.order = torch.tensor(at), scale, order

    def forward(self, noise):
        made = self.at + self.scale * noise
        return made if self.order is None else made[self.order]


class PointMass(PointSource):
    """Real points that all lie at one place, half a unit above the origin."""

    def batch(self, n, generator):
        return torch.tensor([[0.0, 0.5]]).repeat(n, 1)


class OnePoint:
    """A game of points at one place against those of a generator."""

    noise_dim, stem = 2, "handmade"

    def dataset(self):
        return PointMass("a point")

    def generate(self, models, noise, real):
        return models["generator"](noise)


def away_from_the_fakes(x):
    """1-Lipschitz, and optimal where all fakes lie at (3, 0.5): it rises with the distance."""
    return (x - torch.tensor([3.0, 0.5])).norm(dim=1)


def test_an_optimal_critic_of_two_point_masses(view_of):
    """f = ||x - a|| has slope 1, gradient norm 1 and the real point's direction, exactly."""
    view = view_of(away_from_the_fakes, game=OnePoint(), generator=Placed([3.0, 0.5]))
    made = run_probe(view, "coupling", WHOLE)
    for kind in ("", "gradient_", "cosine_"):
        np.testing.assert_allclose(made[f"{kind}quantiles"], 1, rtol=1e-5)
        assert float(made[f"{kind}share"]) == 1
    assert float(made["distance"]) == float(made["estimate"]) == 3
    assert (made["arrows"] == [-3, 0]).all(), "from the generated point to the real one"


@pytest.mark.parametrize("factor", [2.0, 0.01, -1.0])
def test_other_critics_are_not_optimal(factor, view_of):
    """Twice as steep reads 2; upside down the slope is 1, and the direction is what gives away."""
    generator = Placed([3.0, 0.5])
    view = view_of(lambda x: factor * away_from_the_fakes(x), game=OnePoint(), generator=generator)
    made = run_probe(view, "coupling", WHOLE | {"top": 4.0})
    np.testing.assert_allclose(made["quantiles"], abs(factor), rtol=1e-5)
    np.testing.assert_allclose(made["gradient_quantiles"], abs(factor), rtol=1e-5)
    np.testing.assert_allclose(made["cosine_quantiles"], np.sign(factor), rtol=1e-5)
    assert float(made["estimate"]) == pytest.approx(3 * factor, rel=1e-5)


def test_a_shifted_law(view_of):
    """Fakes are a small cloud 5 to the right of the ring: f = -x rises nearly all of the way."""
    view = view_of(lambda x: -x[:, 0], generator=Placed([5.0, 0.0], scale=0.01))
    made = run_probe(view, "coupling")
    assert made["counts"].sum() == made["cosine_counts"].sum() == 256
    assert made["quantiles"].min() > 0.9 and made["quantiles"].max() <= 1 + 1e-5
    np.testing.assert_allclose(made["gradient_quantiles"], 1, rtol=1e-5)
    assert float(made["estimate"]) <= float(made["distance"]) + 1e-5


def test_the_coupling_is_of_sets(view_of, relu):
    """Whichever order the generated points come in, the same pairs are measured."""
    critic, order = relu(8), torch.randperm(200, generator=torch.Generator().manual_seed(1))
    straight = run_probe(view_of(critic, generator=Placed([0.0, 0.0], 1.0)), "coupling", WHOLE)
    shuffled = run_probe(
        view_of(critic, generator=Placed([0.0, 0.0], 1.0, order)), "coupling", WHOLE
    )
    for name, array in straight.items():
        np.testing.assert_allclose(shuffled[name], array, rtol=1e-5, err_msg=name)


def test_pairs_are_real_points_led_to_by_generated_ones(view_of):
    """All pairs together are both samples, and their mean length is W1 as transport knows it."""
    view = view_of(away_from_the_fakes)
    made, (real, fake) = run_probe(view, "coupling", WHOLE), fixed_batch(view, 200)
    np.testing.assert_array_equal(made["real"], real.numpy())
    assert sorted(made["fake"].tolist()) == sorted(fake.tolist())
    np.testing.assert_allclose(made["fake"] + made["arrows"], made["real"], atol=1e-6)
    lengths = np.linalg.norm(made["arrows"], axis=1)
    assert float(made["distance"]) == pytest.approx(transport.w1(real, fake), rel=1e-6)
    assert lengths.mean() == pytest.approx(float(made["distance"]), rel=1e-5)
    few = run_probe(view, "coupling", {"n": 200, "drawn": 3})
    np.testing.assert_array_equal(few["fake"], made["fake"][:3])
    assert few["counts"].sum() == 200, "only the drawing is of the first pairs"


def test_no_critic_of_slope_one_estimates_more_than_the_distance(view_of):
    for critic in (away_from_the_fakes, lambda x: x[:, 0].abs(), lambda x: 0.6 * x[:, 1]):
        made = run_probe(view_of(critic), "coupling")
        assert float(made["estimate"]) <= float(made["distance"]) + 1e-6
        assert made["quantiles"].max() <= 1 + 1e-4


def test_while_the_solver_is_loaded_there_is_only_progress(view_of, monkeypatch):
    """The import takes seconds, in a thread; slices that wait for it hold nobody up."""
    loading = threading.Event()
    loader = threading.Thread(target=loading.wait)
    loader.start()
    monkeypatch.setattr(transport, "_preparing", prepared_by(loader))
    slices = probe_slices(view_of(away_from_the_fakes), "coupling")
    assert [set(next(slices)) for _ in range(3)] == [{"progress"}] * 3
    loading.set()
    loader.join()
    assert float(next(slices)["progress"]) == 1


def prepared_by(thread):
    """What transport keeps of its loading thread, once asked for."""
    kept = functools.cache(lambda: thread)
    kept()
    return kept


def test_a_diverged_generator_is_named(view_of):
    view = view_of(away_from_the_fakes, generator=Placed([float("nan"), 0.0]))
    with pytest.raises(ProbeError, match="finite points, got NaN"):
        run_probe(view, "coupling")
