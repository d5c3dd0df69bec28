"""PixelCNN's likelihood, summed over every picture there is, and what its settings refuse."""

import itertools

import pytest
import torch

from gen_core.errors import SettingError
from gen_core.models.pixelcnn import ARCHITECTURES, OUTPUTS, PixelCnn
from gen_core.training.seeding import initialize_

EVERY = list(itertools.product(ARCHITECTURES, OUTPUTS))


def model(shape, top_level, architecture, output, **settings):
    made = PixelCnn(shape, top_level, architecture, output, 6, 2, 3, 3, n_mix=2, **settings)
    initialize_(made, 7, "pixelcnn")
    return made.double()


def every_picture(shape, top_level):
    channels, height, width = shape
    levels = [k / top_level for k in range(top_level + 1)]
    values = list(itertools.product(levels, repeat=channels * height * width))
    return torch.tensor(values, dtype=torch.float64).reshape(-1, *shape)


@pytest.mark.parametrize("shape, top_level", [((1, 2, 2), 1), ((3, 1, 2), 2)])
@pytest.mark.parametrize("architecture, output", EVERY)
def test_the_likelihoods_of_all_pictures_sum_to_one(architecture, output, shape, top_level):
    x = every_picture(shape, top_level)
    with torch.no_grad():
        p = model(shape, top_level, architecture, output)(x).log_prob(x).exp()
    assert len(p) == (top_level + 1) ** x[0].numel()
    assert p.sum().item() == pytest.approx(1, abs=1e-9)
    assert p.max() > 1.2 * p.min(), "not all pictures are equally likely"


@pytest.mark.parametrize("architecture, output", EVERY)
def test_they_sum_to_one_for_each_class_and_differ_between_classes(architecture, output):
    x = every_picture((1, 2, 2), 2)
    made = model((1, 2, 2), 2, architecture, output, n_classes=3)
    with torch.no_grad():
        p = [made(x, torch.full((len(x),), c)).log_prob(x).exp() for c in range(3)]
    assert [each.sum().item() for each in p] == pytest.approx([1] * 3, abs=1e-9)
    assert (p[0] - p[1]).abs().max() > 1e-4 and (p[1] - p[2]).abs().max() > 1e-4


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_weight_norm_begins_at_the_same_function(architecture):
    x = torch.rand(4, 1, 5, 5).double()
    plain = model((1, 5, 5), 16, architecture, "softmax")
    normed = model((1, 5, 5), 16, architecture, "softmax", weight_norm=True)
    torch.testing.assert_close(normed(x).logits, plain(x).logits, rtol=1e-4, atol=1e-5)
    gains = [p for name, p in normed.named_parameters() if name.endswith("gain")]
    assert gains and all((gain > 0).all() for gain in gains)


def test_what_does_not_fit_is_refused():
    with pytest.raises(SettingError, match="an architecture"):
        PixelCnn(architecture="diagonal")
    with pytest.raises(SettingError, match="an output"):
        PixelCnn(output="beta")
    conditional = PixelCnn((1, 4, 4), width=4, depth=1, n_classes=3)
    x = torch.zeros(2, 1, 4, 4)
    with pytest.raises(SettingError, match="classes 0 to 2, got none"):
        conditional(x)
    with pytest.raises(SettingError, match="classes 0 to 2"):
        conditional(x, torch.tensor([0, 3]))
    with pytest.raises(SettingError, match="no classes, got some"):
        PixelCnn((1, 4, 4), width=4, depth=1)(x, torch.tensor([0, 1]))
