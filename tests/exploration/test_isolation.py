"""Nothing that happens inside `isolated` is left over, whatever it was."""

import copy
import random

import numpy as np
import pytest
import torch
from torch import nn

from gen_core.exploration.isolation import isolated


@pytest.fixture
def model():
    """A model with parameters, buffers, a frozen layer, gradients and an optimiser's state."""
    model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
    model.train()
    model[3].eval()
    model[0].bias.requires_grad_(False)
    return model


@pytest.fixture
def optimizer(model):
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    model(torch.randn(8, 2)).square().mean().backward()
    optimizer.step()
    return optimizer


def picture(model, optimizer):
    """Everything that training could notice, by value."""
    return {
        "state": copy.deepcopy(model.state_dict()),
        "grads": [None if p.grad is None else p.grad.clone() for p in model.parameters()],
        "grad_ids": [id(p.grad) if p.grad is not None else None for p in model.parameters()],
        "ids": [id(p) for p in [*model.parameters(), *model.buffers()]],
        "flags": [p.requires_grad for p in model.parameters()],
        "modes": [part.training for part in model.modules()],
        "optimizer": copy.deepcopy(optimizer.state_dict()),
        "random": (torch.get_rng_state(), str(np.random.get_state()), random.getstate()),
        "grad_mode": torch.is_grad_enabled(),
    }


def same(a, b):
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and torch.equal(a, b)
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def draw(model):
    torch.rand(3), np.random.rand(), random.random(), model(torch.randn(4, 2))


def switch_modes(model):
    model.eval()
    model[3].train()


def freeze(model):
    model.requires_grad_(False)
    model[0].bias.requires_grad_(True)


def run_backward(model):
    model(torch.randn(8, 2)).sum().backward()


def drop_gradients(model):
    model.zero_grad(set_to_none=True)


def write_weights(model):
    with torch.no_grad():
        model[0].weight.zero_()


def write_behind_autograd(model):
    model[0].weight.data.mul_(2)
    model[1].running_mean.data.add_(1)


def replace_weights(model):
    model[0].weight = nn.Parameter(torch.zeros(4, 2))
    model[1].running_mean = torch.ones(4)


def flip_a_zero(model):
    model[1].bias.data.neg_()  # a bias of 0 becomes -0: equal, but not the same bits


def switch_autograd(model):
    torch.set_grad_enabled(False)


MISCHIEF = [
    draw,
    switch_modes,
    freeze,
    run_backward,
    drop_gradients,
    write_weights,
    write_behind_autograd,
    replace_weights,
    switch_autograd,
]


@pytest.mark.parametrize("mischief", MISCHIEF)
def test_mischief_would_show_without_isolation(mischief, model, optimizer):
    before = picture(model, optimizer)
    try:
        mischief(model)
        assert not same(before, picture(model, optimizer))
    finally:
        torch.set_grad_enabled(True)


@pytest.mark.parametrize("raises", [False, True])
@pytest.mark.parametrize("mischief", MISCHIEF)
def test_isolation_leaves_nothing(mischief, raises, model, optimizer):
    before = picture(model, optimizer)
    try:
        with isolated({"critic": model}):
            mischief(model)
            if raises:
                raise RuntimeError("in the middle")
    except RuntimeError:
        assert raises
    assert same(before, picture(model, optimizer))


def test_sign_of_zero_is_kept(model):
    with torch.no_grad():
        model[1].bias.zero_()
    with isolated({"critic": model}):
        flip_a_zero(model)
    assert not torch.signbit(model[1].bias).any()


def test_nan_weights_are_left_alone(model):
    with torch.no_grad():
        model[0].weight.fill_(float("nan"))
    version = model[0].weight._version
    with isolated({"critic": model}):
        model(torch.randn(4, 2))
    assert model[0].weight.isnan().all()
    assert model[0].weight._version == version


def test_untouched_weights_are_not_written(model):
    """An autograd graph of training that is still open stays valid."""
    model[1].eval()
    loss = model(torch.randn(8, 2)).square().mean()
    with isolated({"critic": model}):
        model.eval()
        model(torch.randn(8, 2))
    loss.backward()
    assert model[0].weight.grad is not None


def test_nested_isolation(model, optimizer):
    before = picture(model, optimizer)
    with isolated({"critic": model}):
        write_weights(model)
        with isolated({"critic": model}):
            replace_weights(model)
        assert (model[0].weight == 0).all()
    assert same(before, picture(model, optimizer))


def test_a_block_inside_a_block_is_put_back_by_the_outer_one():
    model = nn.Linear(2, 1)
    before = model.weight.detach().clone()
    with isolated({"critic": model}):
        with isolated({"critic": model}):
            nn.init.zeros_(model.weight)
        with pytest.raises(RuntimeError), isolated({"critic": model}):
            raise RuntimeError
    assert torch.equal(model.weight, before)
    with isolated({"critic": model}):
        nn.init.ones_(model.weight)
    assert torch.equal(model.weight, before)
