"""Unmasked residual blocks: sizes, the formula by hand, one example in eval."""

import pytest
import torch
from torch.nn.functional import conv2d, elu, pixel_shuffle

from gen_core.nn.residual import ResidualBlock


@pytest.mark.parametrize(("resample", "side"), [("", 6), ("down", 3), ("up", 12)])
def test_the_branch_is_the_formula(resample, side):
    """x + BN(conv(elu(conv(elu(x))))), with depth-to-space in the first conv and the shortcut."""
    block = ResidualBlock(4, 8, resample).eval()
    torch.nn.init.uniform_(block.norm.running_var, 0.5, 2.0)
    torch.nn.init.normal_(block.norm.running_mean)
    x = torch.randn(2, 4, 6, 6)
    stride = 2 if resample == "down" else 1
    spread = (lambda y: pixel_shuffle(y, 2)) if resample == "up" else (lambda y: y)
    h = spread(conv2d(elu(x), block.first.weight, block.first.bias, padding=1))
    h = conv2d(elu(h), block.second.weight, None, stride, 1)
    mean, var = (each[:, None, None] for each in (block.norm.running_mean, block.norm.running_var))
    h = (h - mean) / (var + 0.01).sqrt()
    shortcut = spread(conv2d(x, block.shortcut.weight, block.shortcut.bias, stride))
    found = block(x)
    assert found.shape == (2, 8, side, side)
    torch.testing.assert_close(found, shortcut + h, atol=1e-5, rtol=1e-4)


def test_the_shortcut_is_the_input_where_nothing_changes():
    block = ResidualBlock(4, 4).eval()
    torch.nn.init.zeros_(block.norm.weight)
    x = torch.randn(2, 4, 5, 5)
    assert block.shortcut is None and torch.equal(block(x), x)


def test_one_example_is_enough_once_training_is_over():
    block = ResidualBlock(4, 4)
    block(torch.randn(8, 4, 5, 5))
    batch = torch.randn(3, 4, 1, 1)
    whole = block.eval()(batch)
    torch.testing.assert_close(torch.cat([block(x[None]) for x in batch]), whole)


def test_every_parameter_learns():
    block = ResidualBlock(4, 8, "up")
    block(torch.randn(5, 4, 4, 4)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in block.parameters())
