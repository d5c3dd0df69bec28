"""The value surface and the gradient maps, against formulas and autograd point by point."""

import numpy as np
import pytest
import torch

from gen_core.exploration.base import run_probe
from gen_core.exploration.plane import fixed_batch, point_gradients
from gen_core.nn.mlp import Mlp
from gen_core.recipes.base import make


def nodes(extent, size):
    """Coordinates of the map's nodes, x along a row and y from row to row."""
    x0, x1, y0, y1 = extent
    return np.meshgrid(np.linspace(x0, x1, size), np.linspace(y0, y1, size))


def test_surface_of_a_formula(view_of):
    """The formula tells x from y, so a transposed map would show."""
    view = view_of(lambda x: 2 * x[:, 0] + x[:, 1] ** 2 - 1)
    made = run_probe(view, "surface", size=9)
    x, y = nodes(made["extent"], 9)
    assert made["values"].shape == (9, 9)
    np.testing.assert_allclose(made["values"], 2 * x + y**2 - 1, atol=1e-5)
    np.testing.assert_array_equal(made["extent"], view.recipe.dataset().extent)


def test_first_row_is_lowest(view_of):
    values = run_probe(view_of(lambda x: x[:, 1]), "surface", size=4)["values"]
    assert (values[0] == values.min()).all() and (values[-1] == values.max()).all()


def test_chunks_do_not_show(view_of, relu):
    critic = relu(8)
    values = run_probe(view_of(critic), "surface", size=70)["values"]
    x, y = nodes((-2.0, 2.0, -2.0, 2.0), 70)
    points = torch.tensor(np.stack([x.ravel(), y.ravel()], 1), dtype=torch.float32)
    expected = critic(points).detach().numpy().reshape(70, 70)
    np.testing.assert_allclose(values, expected, atol=1e-5)


def test_span_widens_the_window(view_of):
    made = run_probe(view_of(lambda x: x[:, 0]), "surface", {"span": 1.5}, size=5)
    np.testing.assert_allclose(made["extent"], [-3, 3, -3, 3])
    np.testing.assert_allclose(made["values"][2], [-3, -1.5, 0, 1.5, 3])


def test_a_discriminator_counts_as_a_critic(view_of):
    view = view_of(lambda x: x[:, 0])
    models = {"discriminator": view.models["critic"]}
    renamed = type(view)(view.recipe, view.seed, view.device, view.t, models)
    np.testing.assert_array_equal(
        run_probe(renamed, "surface", size=4)["values"],
        run_probe(view, "surface", size=4)["values"],
    )


def sigmoid(score):
    """D of a logit."""
    return 1 / (1 + np.exp(-score))


@pytest.mark.parametrize(
    ("stem", "variant", "reading"),
    [
        ("gan", "minimax", sigmoid),
        ("gan", "non-saturating", sigmoid),
        ("gan", "least-squares", lambda score: score),
        ("wgan", "gp", lambda score: score),
    ],
)
def test_the_surface_is_what_the_game_reads(stem, variant, reading, view_of):
    """A probability where D is one, whatever the logit; otherwise the network's own number."""
    view = view_of(lambda x: 40 * x[:, 0] - 3 * x[:, 1], game=make(stem, variant))
    made, raw = (
        run_probe(view, "surface", {"show": show}, size=9) for show in ("output", "score")
    )
    x, y = nodes(made["extent"], 9)
    np.testing.assert_allclose(raw["values"], 40 * x - 3 * y, atol=1e-4)
    np.testing.assert_allclose(made["values"], reading(40 * x - 3 * y), atol=1e-4)


@pytest.mark.parametrize(
    ("stem", "variant", "strength"),
    [
        ("gan", "minimax", sigmoid),
        ("gan", "non-saturating", lambda score: 1 - sigmoid(score)),
        ("gan", "least-squares", lambda score: 1 - score),
        ("wgan", "gp", np.ones_like),
    ],
)
def test_arrows_are_minus_the_gradient_of_the_generators_loss(stem, variant, strength, view_of):
    """With score = 3 x - 4 y each game pulls along (3, -4), by a strength of its own."""
    view = view_of(
        lambda x: 3 * x[:, 0] - 4 * x[:, 1],
        game=make(stem, variant),
        generator=Mlp(2, 2, width=8, depth=1),
    )
    made = run_probe(view, "gradient_arrows", {"n": 32})
    pull = strength(made["points"] @ np.float32([3, -4]))
    np.testing.assert_allclose(made["arrows"], pull[:, None] * np.float32([3, -4]), atol=1e-4)


@pytest.mark.parametrize("slope", [0.0, 1.0, 5.0])
def test_gradient_norm_of_a_plane(slope, view_of):
    view = view_of(lambda x: slope * (0.6 * x[:, 0] - 0.8 * x[:, 1]))
    np.testing.assert_allclose(
        run_probe(view, "gradient_norm", size=8)["values"], slope, rtol=1e-5
    )


def test_gradient_norm_of_a_bowl(view_of):
    """D = x^2 + 3 y^2 has the gradient (2x, 6y)."""
    made = run_probe(view_of(lambda x: x[:, 0] ** 2 + 3 * x[:, 1] ** 2), "gradient_norm", size=7)
    x, y = nodes(made["extent"], 7)
    np.testing.assert_allclose(made["values"], np.hypot(2 * x, 6 * y), rtol=1e-5, atol=1e-5)


def test_gradient_norm_of_a_network_point_by_point(view_of, relu):
    critic = relu(8, 2)
    made = run_probe(view_of(critic), "gradient_norm", size=6)
    x, y = nodes(made["extent"], 6)
    for i in range(6):
        for j in range(6):
            point = torch.tensor([[x[i, j], y[i, j]]], dtype=torch.float32, requires_grad=True)
            (gradient,) = torch.autograd.grad(critic(point).squeeze(), point)
            assert made["values"][i, j] == pytest.approx(float(gradient.norm()), rel=1e-4)


def test_arrows_raise_the_critic(view_of):
    """D = -|x - (3, 0)|^2 / 2 rises towards (3, 0): the arrow leads exactly there."""
    target = torch.tensor([3.0, 0.0])
    view = view_of(lambda x: -(x - target).square().sum(1) / 2)
    made = run_probe(view, "gradient_arrows", {"n": 32})
    assert made["points"].shape == made["arrows"].shape == (32, 2)
    np.testing.assert_allclose(
        made["points"] + made["arrows"], np.broadcast_to(target, (32, 2)), atol=1e-5
    )


def test_arrows_start_at_the_samples(network_view):
    arrows, samples = (
        run_probe(network_view, "gradient_arrows"),
        run_probe(network_view, "samples"),
    )
    np.testing.assert_array_equal(arrows["points"], samples["fake"][:64])


def test_gradients_leave_the_points_alone(relu):
    x = torch.randn(5, 2)
    gradients = point_gradients(relu(4), x)
    assert gradients.shape == (5, 2) and not gradients.requires_grad
    assert not x.requires_grad and x.grad is None


def test_gradients_work_without_autograd(view_of, relu):
    """A worker that switched autograd off still gets its maps."""
    view = view_of(relu(4).requires_grad_(False))
    with torch.no_grad():
        assert run_probe(view, "gradient_norm", size=4)["values"].max() > 0
        assert run_probe(view, "layer_gradients")["log10_norm"].max() > -45


def test_fixed_batch_is_a_prefix(network_view):
    """Dot i is the same whatever the number of dots."""
    few, many = fixed_batch(network_view, 37), fixed_batch(network_view, 1024)
    for a, b in zip(few, many, strict=True):
        assert torch.allclose(a, b[:37], atol=1e-6)


def test_samples_of_a_fixed_generator(view_of):
    """Fakes are real plus unit noise, the same at every t; real points are of the data."""
    view = view_of(lambda x: x[:, 0])
    made = run_probe(view, "samples", {"n": 1024})
    noise = made["fake"] - made["real"]
    assert abs(noise.mean()) < 0.1 and noise.std() == pytest.approx(1, abs=0.05)
    modes = view.recipe.dataset().modes.numpy()
    nearest = np.linalg.norm(made["real"][:, None] - modes, axis=2).min(1)
    assert nearest.max() < 6 * view.recipe.dataset().mode_std


def test_samples_follow_the_generator_only(network_view):
    before = run_probe(network_view, "samples")
    with torch.no_grad():
        network_view.models["generator"].layers[-1].bias.add_(torch.tensor([5.0, 0.0]))
    after = run_probe(network_view, "samples")
    np.testing.assert_array_equal(before["real"], after["real"])
    np.testing.assert_allclose(after["fake"] - before["fake"], [[5, 0]] * 512, atol=1e-5)


def test_seeds_differ(view_of):
    one, other = (run_probe(view_of(lambda x: x[:, 0], seed=s), "samples") for s in (1, 2))
    assert not np.array_equal(one["real"], other["real"])
    assert not np.array_equal(one["fake"], other["fake"])
