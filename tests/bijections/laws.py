"""The law of a bijection, checked by autograd in double precision."""

import torch
from torch import nn


def randomized(module, scale=0.5):
    """Redraw every parameter and statistic: a map that starts as the identity proves nothing."""
    stored = module.state_dict().keys()  # masks and orders are not in it
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0, scale)
        for name, buffer in module.named_buffers():
            if name in stored and buffer.is_floating_point():  # a count of batches is not
                buffer.uniform_(0.5, 2.0) if "var" in name else buffer.normal_(0, scale)
    return module.double().eval()


def jacobian(function, x):
    """d function(x)_i / d x_j of a whole batch, ``(B, D, B, D)``."""
    full = torch.autograd.functional.jacobian(lambda v: function(v)[0], x)
    n, d = len(x), x[0].numel()
    return full.reshape(n, d, n, d)


def assert_apart(full):
    """No example's result depends on another example."""
    for i in range(len(full)):
        for j in range(len(full)):
            assert i == j or full[i, :, j].abs().max() == 0, f"{i} depends on {j}"


def own(full):
    """Each example's own Jacobian, ``(B, D, D)``."""
    return torch.stack([full[i, :, i] for i in range(len(full))])


def assert_bijection(bijection, x, tolerance=1e-8):
    """Both ways are each other's inverse, and log-determinants are those of the Jacobians."""
    z, log_det = bijection(x)
    back, log_det_back = bijection.inverse(z)
    assert z.shape == x.shape and log_det.shape == log_det_back.shape == (len(x),)
    assert (z - x).abs().max() > 1e-3, "the identity would pass every law"
    assert (back - x).abs().max() <= tolerance
    assert (bijection(bijection.inverse(x)[0])[0] - x).abs().max() <= tolerance
    assert (log_det + log_det_back).abs().max() <= tolerance
    there, here = jacobian(bijection, x), jacobian(bijection.inverse, z)
    assert_apart(there)
    assert_apart(here)
    torch.testing.assert_close(log_det, torch.linalg.slogdet(own(there))[1], rtol=0, atol=1e-8)
    torch.testing.assert_close(log_det_back, torch.linalg.slogdet(own(here))[1], rtol=0, atol=1e-6)
    identity = torch.eye(x[0].numel()).double().expand_as(own(there))
    torch.testing.assert_close(own(here) @ own(there), identity, rtol=0, atol=1e-6)


def assert_every_parameter_learns(bijection, x):
    """Each parameter, by name, gets a gradient that is not zero."""
    z, log_det = bijection(x)
    (z.square().sum() - log_det.sum()).backward()
    for name, parameter in bijection.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


class Given(nn.Module):
    """A bijection whose context is fixed, for the laws above."""

    def __init__(self, of, context):
        super().__init__()
        self.of, self.context = of, context

    def forward(self, x):
        return self.of(x, self.context)

    def inverse(self, z):
        return self.of.inverse(z, self.context)
