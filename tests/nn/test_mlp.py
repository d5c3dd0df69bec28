"""The plain ReLU network: its sizes, its formula, and what its parts give away."""

import pytest
import torch

from gen_core.nn.mlp import Mlp


@pytest.mark.parametrize("depth, count", [(0, 2 * 3 + 3), (1, 15 + 18), (4, 15 + 3 * 30 + 18)])
def test_depth_counts_hidden_layers(depth, count):
    network = Mlp(2, 3, width=5, depth=depth)
    assert sum(p.numel() for p in network.parameters()) == count
    assert len(network.linears) == depth + 1
    assert network(torch.zeros(7, 2)).shape == (7, 3)


def test_the_formula_by_hand():
    """W2 max(0, W1 x + b1) + b2, no ReLU at the end."""
    network = Mlp(2, 1, width=2, depth=1)
    with torch.no_grad():
        network.linears[0].weight.copy_(torch.tensor([[1.0, 1.0], [1.0, -1.0]]))
        network.linears[0].bias.copy_(torch.tensor([0.0, 1.0]))
        network.linears[1].weight.copy_(torch.tensor([[-2.0, 1.0]]))
        network.linears[1].bias.fill_(0.5)
    x = torch.tensor([[1.0, 3.0], [-1.0, 0.0], [2.0, 1.0]])
    # pre-activations (4, -1), (-1, 0), (3, 2)
    assert network(x).tolist() == [[-7.5], [0.5], [-3.5]]


def test_activations_end_in_the_output_and_are_never_negative():
    network = Mlp(2, 3, width=6, depth=3)
    x = torch.randn(50, 2)
    *hidden, output = network.activations(x)
    assert [h.shape for h in hidden] == [(50, 6)] * 3
    assert all((h >= 0).all() for h in hidden)
    assert torch.equal(output, network(x)) and (output < 0).any()


def test_examples_do_not_touch_each_other():
    """The penalty is per example: no output may depend on another row."""
    network, x = Mlp(2, 1, width=6, depth=2), torch.randn(4, 2)
    jacobian = torch.autograd.functional.jacobian(network, x)[:, 0]  # (4, 4, 2)
    for i in range(4):
        for j in range(4):
            assert jacobian[i, j].any() == (i == j)
