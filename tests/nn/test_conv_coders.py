"""The convolutional coders: the paper's layers, any size of picture, and what each output sees."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from gen_core.nn import conv_coders
from gen_core.nn.conv_coders import ConvEncoder, Upsampler, halvings

MNIST = (1, 28, 28)


def maps_made(network, value):
    """(maps, side) after each convolution."""
    made = []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            layer.register_forward_hook(lambda _l, _i, out: made.append(tuple(out.shape[1:3])))
    network(value)
    return made


def test_the_encoder_has_the_layers_of_the_released_code():
    assert maps_made(ConvEncoder(MNIST, 128), torch.zeros(1, *MNIST)) == [
        (32, 28), (32, 14), (32, 14), (64, 7), (64, 7), (64, 4), (64, 4), (64, 4)
    ]
    assert ConvEncoder(MNIST, 128).out.in_features == 1024


def test_the_upsampler_has_the_layers_of_appendix_e1():
    assert maps_made(Upsampler(64, (28, 28)), torch.zeros(1, 64)) == [
        (64, 4), (64, 4), (64, 8), (64, 7), (32, 14), (32, 14), (32, 28), (32, 28)
    ]


@pytest.mark.parametrize(
    "shape", [(1, 2, 2), (1, 8, 8), (3, 16, 16), (1, 28, 28), (3, 32, 32), (1, 5, 11)]
)
@pytest.mark.parametrize("latent_dim", [1, 2, 7])
def test_any_size_of_picture_and_latent(shape, latent_dim):
    code = ConvEncoder(shape, latent_dim, 4)(torch.rand(3, *shape))
    assert code.shape == (3, latent_dim)
    if max(shape[1:]) > 4:
        assert Upsampler(latent_dim, shape[1:], 6, 4)(code).shape == (3, 6, *shape[1:])


def test_sides_halve_rounding_up():
    assert halvings((5, 11)) == [(5, 11), (3, 6), (2, 3)]
    assert halvings((64, 64))[-1] == (4, 4)


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 7, 9), (1, 28, 28)])
def test_every_pixel_reaches_the_code_and_every_dimension_every_pixel(shape, monkeypatch):
    encoder, decoder = smooth(monkeypatch, ConvEncoder(shape, 3, 4), Upsampler(3, shape[1:], 2, 4))
    x = torch.rand(1, *shape, dtype=torch.float64, requires_grad=True)
    for number in encoder(x)[0]:
        (grad,) = torch.autograd.grad(number, x, retain_graph=True)
        assert (grad != 0).all()
    z = torch.randn(3, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda z: decoder(z[None])[0].sum(0), z)
    assert (jacobian != 0).all()


def test_every_parameter_gets_a_gradient(monkeypatch):
    networks = smooth(monkeypatch, ConvEncoder(MNIST, 2, 3), Upsampler(2, (28, 28), 3, 3))
    for network, value in zip(networks, (torch.rand(2, *MNIST), torch.randn(2, 2)), strict=True):
        network(value.double()).square().sum().backward()
        for name, parameter in network.named_parameters():
            assert (parameter.grad != 0).all(), name


def smooth(monkeypatch, *networks):
    """Smooth units in place of ReLU, so that none is off at the one point that is asked."""
    monkeypatch.setattr(conv_coders, "relu", functional.softplus)
    for network in networks:
        for parent in list(network.modules()):
            for name, child in parent.named_children():
                if isinstance(child, nn.ReLU):
                    setattr(parent, name, nn.Softplus())
    return [network.double() for network in networks]
