"""The written-out gradients equal autograd's, in float64 to 1e-10."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gen_core.nn import closed_form
from gen_core.nn.mlp import Mlp
from gen_core.objectives.wasserstein import gradient_penalty, slope

EXACT = {"rtol": 1e-10, "atol": 1e-10}


def network_of(seed, depth, width=5, inputs=2, outputs=1):
    """A network with random weights *and* biases, in float64."""
    random = torch.Generator().manual_seed(seed)
    network = Mlp(inputs, outputs, width=width, depth=depth).double()
    with torch.no_grad():
        for parameter in network.parameters():
            drawn = torch.randn(parameter.shape, generator=random, dtype=torch.float64)
            parameter.copy_(0.7 * drawn)
    return network, random


def autograd_of(network, loss):
    return torch.autograd.grad(loss, list(network.parameters()), allow_unused=True)


def assert_gradients(network, expected):
    for (name, parameter), wanted in zip(network.named_parameters(), expected, strict=True):
        assert parameter.grad is not None, name
        wanted = torch.zeros_like(parameter) if wanted is None else wanted
        torch.testing.assert_close(parameter.grad, wanted, **EXACT, msg=lambda m, n=name: n + m)


networks = given(
    seed=st.integers(0, 10**6), depth=st.integers(0, 4), width=st.integers(1, 7),
    batch=st.integers(1, 6),
)  # fmt: skip
few = settings(max_examples=40, deadline=None)


@few
@networks
def test_forward_is_the_network(seed, depth, width, batch):
    network, random = network_of(seed, depth, width, outputs=3)
    x = torch.randn(batch, 2, generator=random, dtype=torch.float64)
    with torch.no_grad():
        trace = closed_form.forward(network, x)
        torch.testing.assert_close(trace.output, network(x), **EXACT)
        for made, wanted in zip(trace.inputs[1:], network.activations(x), strict=False):
            torch.testing.assert_close(made, wanted, **EXACT)
    assert len(trace.inputs) == depth + 1 and trace.inputs[0] is x


@few
@networks
def test_chain_is_back_propagation(seed, depth, width, batch):
    network, random = network_of(seed, depth, width, outputs=3)
    x = torch.randn(batch, 2, generator=random, dtype=torch.float64)
    start = torch.randn(batch, 3, generator=random, dtype=torch.float64)
    at = x.clone().requires_grad_()
    loss = (network(at) * start).sum()
    expected = autograd_of(network, loss)
    (at_input,) = torch.autograd.grad((network(at) * start).sum(), at)
    with torch.no_grad():
        trace = closed_form.forward(network, x)
        deltas = closed_form.chain(network, trace, start.clone())
        closed_form.write_gradients(network, trace, deltas)
    assert_gradients(network, expected)
    torch.testing.assert_close(closed_form.input_gradient(network, deltas), at_input, **EXACT)
    torch.testing.assert_close(
        closed_form.input_gradient(network, deltas, first=batch - 1), at_input[-1:], **EXACT
    )


def penalised(network, x, between, start, weight, one_sided):
    """Loss rows x with the derivative `start`, and the penalty on the rows `between`."""
    with torch.no_grad():
        trace = closed_form.forward(network, torch.cat([x, between]))
        ones = torch.ones(len(between), 1, dtype=torch.float64)
        deltas = closed_form.chain(network, trace, torch.cat([start, ones]))
        g = closed_form.input_gradient(network, deltas, first=len(x))
        norm = g.norm(dim=1)
        excess = (norm - 1).relu() if one_sided else norm - 1
        factor = 2 * weight / len(between) * excess / norm.clamp_min(1e-30)
        closed_form.tangents(network, trace, g * factor[:, None], first=len(x))
        closed_form.write_gradients(network, trace, deltas, bias_rows=len(x))


@few
@networks
@pytest.mark.parametrize("one_sided", [False, True])
def test_tangents_are_the_double_backward_of_the_penalty(one_sided, seed, depth, width, batch):
    network, random = network_of(seed, depth, width)
    x = torch.randn(2 * batch, 2, generator=random, dtype=torch.float64)
    between = torch.randn(batch, 2, generator=random, dtype=torch.float64)
    start = torch.randn(2 * batch, 1, generator=random, dtype=torch.float64)
    norms = slope(network, between, create_graph=True)
    loss = (network(x) * start).sum() + 3.5 * gradient_penalty(norms, one_sided).mean()
    expected = autograd_of(network, loss)
    penalised(network, x, between, start, 3.5, one_sided)
    assert_gradients(network, expected)


def test_a_penalty_moves_no_bias():
    """Masks are piecewise constant: autograd, too, finds exactly zero."""
    network, random = network_of(3, 3)
    x = torch.randn(50, 2, generator=random, dtype=torch.float64)
    penalty = gradient_penalty(slope(network, x, create_graph=True)).mean()
    for layer in network.linears:
        (found,) = torch.autograd.grad(penalty, layer.bias, retain_graph=True, allow_unused=True)
        assert found is None or not found.any()


def test_where_the_slope_is_zero_the_penalty_pulls_nowhere():
    """A point where every ReLU is closed: |g| = 0, and the norm's own gradient counts as 0."""
    network, _ = network_of(5, 2)
    with torch.no_grad():
        network.linears[0].bias.fill_(-100)
    x = torch.zeros(2, 2, dtype=torch.float64)
    norms = slope(network, x, create_graph=True)
    assert not norms.any()
    expected = autograd_of(network, gradient_penalty(norms).mean() + 0 * network(x).sum())
    penalised(network, x[:0], x, torch.zeros(0, 1, dtype=torch.float64), 1.0, False)
    assert_gradients(network, expected)
    for name, parameter in network.named_parameters():
        assert parameter.grad.isfinite().all() and not parameter.grad.any(), name


def test_a_relu_at_exactly_zero_is_closed():
    """The convention of torch: the slope of max(0, x) at x = 0 is 0, in both chains."""
    network = Mlp(1, 1, width=2, depth=1).double()
    with torch.no_grad():
        network.linears[0].weight.copy_(torch.tensor([[1.0], [2.0]]))
        network.linears[0].bias.copy_(torch.tensor([0.0, 1.0]))
        network.linears[1].weight.copy_(torch.tensor([[5.0, 3.0]]))
        x = torch.zeros(1, 1, dtype=torch.float64)
        trace = closed_form.forward(network, x)
        deltas = closed_form.chain(network, trace, torch.ones(1, 1, dtype=torch.float64))
    assert deltas[0].tolist() == [[0.0, 3.0]]
    assert closed_form.input_gradient(network, deltas).item() == 6.0 == slope(network, x).item()


def test_rows_do_not_mix():
    """Where a row of the loss has no weight, its tangents change nothing else."""
    network, random = network_of(9, 3)
    x = torch.randn(4, 2, generator=random, dtype=torch.float64)
    between = torch.randn(3, 2, generator=random, dtype=torch.float64)
    start = torch.zeros(4, 1, dtype=torch.float64)
    penalised(network, x, between, start, 1.0, False)
    alone = [parameter.grad.clone() for parameter in network.parameters()]
    penalised(network, 100 * x, between, start, 1.0, False)
    assert_gradients(network, alone)


def test_gradients_are_written_over_not_added():
    network, random = network_of(1, 2)
    x = torch.randn(4, 2, generator=random, dtype=torch.float64)
    start = torch.ones(4, 1, dtype=torch.float64)
    held = None
    for _ in range(2):
        with torch.no_grad():
            trace = closed_form.forward(network, x)
            deltas = closed_form.chain(network, trace, start)
            closed_form.write_gradients(network, trace, deltas)
        if held is None:
            held = [(p.grad, p.grad.clone()) for p in network.parameters()]
    for parameter, (buffer, value) in zip(network.parameters(), held, strict=True):
        assert parameter.grad is buffer, "the buffer is kept, as a captured graph needs"
        torch.testing.assert_close(parameter.grad, value, rtol=0, atol=0)
