"""The reader learns, is a function of its seed, and its scores are what they say."""

import pytest
import torch
from torch import nn

from gen_core.data.rooms import draw, load
from gen_core.data.rooms_factors import FACTORS, sample
from gen_core.errors import DataError
from gen_core.evaluation.reader import Reader, fit, measure

NAMES = [factor.name for factor in FACTORS]


def last(*args, **kwargs):
    *_, reader = fit(*args, **kwargs)
    return reader


def test_a_reader_is_a_function_of_its_seed():
    first, again, other = (last(16, seed, 1, n=192) for seed in (3, 3, 4))
    for name, value in first.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    assert not torch.equal(first.hidden.weight, other.hidden.weight)


def test_a_short_training_reads_the_plain_factors_and_scores_show_it():
    rooms = load(16)
    scores = measure(last(16, 0, 2, n=4_000), rooms)
    assert list(scores) == NAMES
    assert scores["side"] > 0.9 and scores["wall_light"] > 0.7 and scores["sky"] > 0.5
    assert max(scores.values()) <= 1


class Constant(nn.Module):
    """Reads the same off every picture."""

    def read(self, x):
        return torch.full((len(x), len(FACTORS)), 0.5).masked_fill(
            torch.tensor([bool(factor.choices) for factor in FACTORS]), 0.0
        )


def test_reading_nothing_is_worth_nothing():
    """R^2 of the range's middle is -(bias / deviation)^2; accuracy of one choice is its share."""
    rooms = load(16)
    truth = rooms.factors("test")
    scores = measure(Constant(), rooms)
    assert scores["side"] == pytest.approx(float((truth[:, 0] == 0).float().mean()))
    for column, name in enumerate(NAMES[1:], 1):
        bias = float((truth[:, column].double().mean() - 0.5) ** 2)
        expected = -bias / float(truth[:, column].double().var(correction=0))
        assert scores[name] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("size", [16, 32])
def test_every_parameter_gets_a_gradient(size):
    torch.manual_seed(0)
    reader = Reader(size)
    random = torch.Generator().manual_seed(0)
    x = draw(sample(8, random), size, torch.randn(8, 1, size, size, generator=random))
    torch.cat(reader(x), 1).square().sum().backward()
    for name, parameter in reader.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


def test_readings_do_not_depend_on_the_batch():
    torch.manual_seed(0)
    reader = Reader(16)
    x = load(16).pictures("test", 0, 700)  # more than are read at once
    together = reader.read(x)
    assert together.shape == (700, len(FACTORS))
    assert torch.allclose(together[510:513], reader.read(x[510:513]), atol=1e-5)


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(DataError, match=r"pictures \(B, \(3, 16, 16\)\), got \(2, 3, 32, 32\)"):
        Reader(16).read(torch.zeros(2, 3, 32, 32))
    with pytest.raises(DataError, match="a reader of 16 or 32 pixels, got 64. Read"):
        Reader(64)
