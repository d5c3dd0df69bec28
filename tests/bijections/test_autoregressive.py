"""MADE's order by gradients, and the laws of the flow's steps, with and without context."""

import itertools
import math

import pytest
import torch
import zuko
from torch import nn

from gen_core.bijections.autoregressive import FORMS, IafStep, LinearIaf, Made, iaf_chain
from gen_core.errors import SettingError
from tests.bijections.laws import (
    Given,
    assert_bijection,
    assert_every_parameter_learns,
    own,
    randomized,
)

ORDERS = [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)]


def step(dim, form, layers=1, context=0, order=None):
    return IafStep(Made(dim, 9, layers, context_dim=context, order=order), form)


MAPS = {
    **{form: (lambda form=form: step(5, form), 5, 0) for form in FORMS},
    **{f"{form}, context": (lambda form=form: step(4, form, 2, 3), 4, 3) for form in FORMS},
    "no hidden layer": (lambda: step(4, "gated", 0, 3), 4, 3),
    "one variable": (lambda: step(1, "gated", 1, 3), 1, 3),
    "any order": (lambda: step(4, "gated", 1, 0, ORDERS[2]), 4, 0),
    "narrow": (lambda: IafStep(Made(6, 2, 2)), 6, 0),
    "linear": (lambda: LinearIaf(4), 4, 0),
    "linear, context": (lambda: LinearIaf(3, 2), 3, 2),
    "chain": (lambda: iaf_chain(3, 3, 8, context_dim=2), 3, 2),
    "chain as in the code": (lambda: iaf_chain(3, 2, 8, 2, context_dim=2, form="code"), 3, 2),
}


def made(name):
    make, dim, context = MAPS[name]
    bijection = randomized(make())
    given = torch.randn(4, context).double() if context else None
    return Given(bijection, given), torch.randn(4, dim).double()


@pytest.mark.parametrize("name", MAPS)
def test_every_map_is_a_bijection(name):
    assert_bijection(*made(name))


@pytest.mark.parametrize("name", [name for name in MAPS if name not in ("one variable",)])
def test_every_parameter_learns(name):
    assert_every_parameter_learns(*made(name))


@pytest.mark.parametrize("layers", [0, 1, 3])
@pytest.mark.parametrize("order", ORDERS)
def test_outputs_depend_on_all_earlier_variables_and_on_no_other(order, layers):
    """Also where a hidden layer is narrower than there are degrees."""
    for width, context in itertools.product((2, 12), (0, 3)):
        net = randomized(Made(4, width, layers, context_dim=context, order=order))
        z = torch.randn(1, 4).double()
        given = torch.randn(1, context).double() if context else None
        for output in (0, 1):
            jacobian = torch.autograd.functional.jacobian(
                lambda v, k=output, net=net, given=given: net(v, given)[k], z
            )[0, :, 0]
            for i, j in itertools.product(range(4), repeat=2):
                assert (jacobian[i, j] != 0) == (order[j] < order[i]), (i, j)


def test_a_reversed_order_is_the_same_network_on_reversed_variables():
    forth, back = (randomized(Made(4, 12, 2, order=order)) for order in ORDERS[:2])
    back.load_state_dict(forth.state_dict())
    with torch.no_grad():
        for layer in (back.hidden[0], back.direct):
            layer.weight.copy_(layer.weight.flip(1))
        for layer in (back.out, back.direct):
            layer.weight.copy_(layer.weight.unflatten(0, (2, 4)).flip(1).flatten(0, 1))
        back.out.bias.copy_(back.out.bias.unflatten(0, (2, 4)).flip(1).flatten())
    z = torch.randn(3, 4).double()
    for ours, theirs in zip(forth(z), back(z.flip(1)), strict=True):
        torch.testing.assert_close(ours, theirs.flip(1))


def test_the_context_reaches_every_variable():
    net, z = randomized(Made(4, 6, context_dim=2)), torch.randn(1, 4).double()
    context = torch.randn(1, 2).double()
    jacobian = torch.autograd.functional.jacobian(lambda c: torch.cat(net(z, c)), context)
    assert (jacobian != 0).all()


def test_the_jacobian_is_triangular_with_sigma_on_its_diagonal():
    gated, z = randomized(step(4, "gated")), torch.randn(3, 4).double()
    full = own_jacobian(gated, z)
    assert torch.triu(full, 1).abs().max() == 0
    _, s = gated.network(z)
    torch.testing.assert_close(full.diagonal(dim1=1, dim2=2), (s + 1.5).sigmoid())


def own_jacobian(bijection, x):
    full = torch.autograd.functional.jacobian(lambda v: bijection(v)[0], x)
    return own(full.reshape(len(x), x.shape[1], len(x), x.shape[1]))


class Fixed(nn.Module):
    """Says m = 3 and s = 2 of two variables."""

    def forward(self, z, context=None):
        return torch.full_like(z, 3.0), torch.full_like(z, 2.0)


def test_both_forms_by_hand():
    z = torch.tensor([[1.0, -1.0]])
    gated, code = (IafStep(Fixed(), form, bias=-2.0) for form in FORMS)
    out, log_det = gated(z)  # sigmoid(2 - 2) = 1/2
    assert out.tolist() == [[2.0, 1.0]]
    assert log_det.item() == pytest.approx(-2 * math.log(2))
    out, log_det = code(z)
    assert out[0].tolist() == pytest.approx([0.7 * math.exp(-0.2), -1.3 * math.exp(-0.2)])
    assert log_det.item() == pytest.approx(-0.4)


def test_a_chain_turns_the_order_after_every_step():
    """What comes first in one step comes last in the next, so two steps see everything."""
    full = own_jacobian(randomized(iaf_chain(4, 2)), torch.randn(1, 4).double())[0]
    assert (full != 0).all()
    single = own_jacobian(randomized(iaf_chain(4, 1)), torch.randn(1, 4).double())[0]
    assert torch.equal(single.flip(0) != 0, torch.ones(4, 4).tril() != 0)


def test_one_network_equals_that_of_zuko_with_the_same_weights():
    ours = randomized(Made(5, 8, 2))
    with torch.no_grad():
        ours.direct.weight.zero_()  # theirs has none
    theirs = zuko.nn.MaskedMLP(torch.ones(5, 5).tril(-1).bool().repeat(2, 1), (8, 8), nn.ELU)
    for mine, other in zip([*ours.hidden, ours.out], list(theirs.double())[::2], strict=True):
        assert torch.equal(mine.mask.bool(), other.mask)
        other.load_state_dict(mine.state_dict(), strict=False)
    z = torch.randn(6, 5).double()
    torch.testing.assert_close(torch.cat(ours(z), 1), theirs(z))


def test_what_cannot_be_is_refused():
    with pytest.raises(SettingError, match="Expected an order of 0 to 2"):
        Made(3, order=(0, 0, 2))
    with pytest.raises(SettingError, match="Expected one of gated, code"):
        IafStep(Made(3), "lstm")
    with pytest.raises(SettingError, match="two variables or more"):
        LinearIaf(1)
    with pytest.raises(SettingError, match="one unit in a hidden layer, got 0"):
        iaf_chain(2, 1, width=0)
    assert len(iaf_chain(2, 1, width=0, layers=0).maps) == 2, "a linear network has no such layer"
