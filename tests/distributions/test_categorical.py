"""Softmax over levels: it sums to one, agrees with torch, and samples invert its CDF."""

import itertools

import pytest
import torch
from torch import distributions as reference

from gen_core.distributions import Bernoulli, Binomial, Categorical
from gen_core.errors import DataError


def random_logits(*shape):
    return 2 * torch.randn(*shape, dtype=torch.float64)


def test_all_pictures_of_a_tiny_image_sum_to_one():
    every = torch.tensor(list(itertools.product(range(3), repeat=4)), dtype=torch.float64) / 2
    every = every.reshape(-1, 1, 2, 2)
    pixels = Categorical(random_logits(1, 1, 2, 2, 3).expand(len(every), -1, -1, -1, -1))
    p = pixels.log_prob(every).exp()
    assert p.sum().item() == pytest.approx(1, abs=1e-12)
    torch.testing.assert_close((p[:, None, None, None] * every).sum(0), pixels.mean[0])


def test_it_agrees_with_torch():
    logits = random_logits(5, 3, 4, 4, 17)
    level = torch.randint(17, (5, 3, 4, 4))
    theirs, ours = reference.Categorical(logits=logits), Categorical(logits)
    torch.testing.assert_close(ours.log_prob_map(level / 16), theirs.log_prob(level))
    torch.testing.assert_close(ours.log_prob(level / 16), theirs.log_prob(level).sum((1, 2, 3)))
    torch.testing.assert_close(ours.pmf(), theirs.probs)


@pytest.mark.parametrize("levels", [2, 5, 256])
def test_samples_are_the_smallest_level_whose_cumulative_probability_exceeds(levels):
    pixels = Categorical(random_logits(40, 3, 2, 2, levels))
    u = torch.rand(40, 3, 2, 2, dtype=torch.float64)
    u[:3], u[3:6] = 0, 1 - 1e-16
    level = (pixels.sample(u) * (levels - 1)).round().long()
    by_hand = [
        next((k for k, c in enumerate(row.cumsum(0).tolist()) if c > noise), levels - 1)
        for row, noise in zip(pixels.pmf().flatten(0, 3), u.flatten().tolist(), strict=True)
    ]
    assert level.flatten().tolist() == by_hand


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_samples_come_as_often_as_their_probability(temperature):
    draws = 40_000
    one = Categorical(random_logits(1, 1, 1, 1, 6)).tempered(temperature)
    u = torch.rand(draws, 1, 1, 1, dtype=torch.float64)
    x = Categorical(one.logits.expand(draws, -1, -1, -1, -1)).sample(u)
    share = torch.bincount((5 * x).round().long().flatten(), minlength=6) / draws
    p = one.pmf().flatten()
    assert ((share - p).abs() < 5 * (p * (1 - p) / draws).sqrt()).all()


def test_temperature_raises_probabilities_to_its_inverse():
    pixels = Categorical(random_logits(2, 1, 2, 2, 4))
    powers = pixels.pmf() ** 2
    torch.testing.assert_close(pixels.tempered(0.5).pmf(), powers / powers.sum(-1, keepdim=True))


def test_two_levels_are_a_bernoulli_and_a_binomial_of_one_in_law_and_in_samples():
    logits = random_logits(6, 1, 3, 3)
    two = Categorical(torch.stack([torch.zeros_like(logits), logits], -1))
    u = torch.rand_like(logits)
    x = two.sample(u)
    for other in (Bernoulli(logits), Binomial(logits, 1)):
        torch.testing.assert_close(two.pmf(), other.pmf())
        torch.testing.assert_close(two.mean, other.mean)
        torch.testing.assert_close(two.log_prob(x), other.log_prob(x))
        torch.testing.assert_close(two.log_prob_map(x), other.log_prob_map(x))
        torch.testing.assert_close(two.tempered(0.7).pmf(), other.tempered(0.7).pmf())
        assert torch.equal(x, other.sample(u))


def test_a_nets_output_is_read_with_alternating_channels():
    raw = torch.randn(2, 12, 3, 3)
    logits = Categorical.from_raw(raw, 3).logits
    assert logits.shape == (2, 3, 3, 3, 4)
    for level, channel in itertools.product(range(4), range(3)):
        assert torch.equal(logits[:, channel, :, :, level], raw[:, 3 * level + channel])
    with pytest.raises(DataError, match="Expected a multiple of 3 maps, got 11"):
        Categorical.from_raw(raw[:, :11], 3)


def test_a_wrong_shape_is_refused_rather_than_broadcast():
    with pytest.raises(DataError, match=r"shape \(2, 1, 2, 2\), got \(2, 4\)"):
        Categorical(torch.zeros(2, 1, 2, 2, 3)).log_prob(torch.zeros(2, 4))
