"""Cached is ancestral, pixel for pixel; what is given stays; what is drawn follows the model."""

import itertools

import pytest
import torch

from gen_core.distributions import Bernoulli, DiagonalNormal
from gen_core.errors import DataError, SettingError
from gen_core.nn.decoder import Decoder
from gen_core.sampling.ancestral import Known, ancestral, finish
from gen_core.sampling.cached import cached, raw_outputs
from tests.nn.pixel_nets import KINDS, net

SHAPE = 5, 6  # neither square nor of one parity
GIVEN = ["nothing", "vector", "maps", "colours", "norm"]


def bits(raw: torch.Tensor) -> Bernoulli:
    """Bits of which none is nearly sure."""
    return Bernoulli(raw.tanh())


def decoder(kind: str, given: str, dtype: torch.dtype = torch.double) -> Decoder:
    """A small decoder of bits, with one kind of condition."""
    channels = 3 if given == "colours" else 1
    settings = {"vector": {"vector_dim": 4}, "maps": {"maps_dim": 2}}
    settings["norm"] = {"weight_norm": True}
    made = net(kind, channels, **settings.get(given, {}), first_kernel=5, kernel=3).to(dtype)
    return Decoder(
        made,
        bits,
        (channels, *SHAPE),
        passes=channels,
        prepare=lambda x: 2 * x - 1,
        vector=torch.randn(3, 4, dtype=dtype) if given == "vector" else None,
        maps=torch.randn(3, 2, *SHAPE, dtype=dtype) if given == "maps" else None,
    )


def noise(of: Decoder) -> torch.Tensor:
    return torch.rand(3, *of.shape, dtype=torch.double)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", GIVEN)
def test_cached_draws_the_same_pictures(kind, given):
    model = decoder(kind, given)
    uniforms = noise(model)
    plain = finish(ancestral(model, uniforms))
    assert torch.equal(finish(cached(model, uniforms)), plain)
    assert 0 < plain.mean() < 1, "a picture of one colour would prove nothing"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", GIVEN)
def test_cached_outputs_are_the_nets_own_in_single_precision(kind, given):
    model = decoder(kind, given, torch.float32)
    x = noise(model).round().float()
    with torch.no_grad():
        whole = model.net(model.prepare(x), model.vector, model.maps)
    torch.testing.assert_close(raw_outputs(model, x), whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", ["nothing", "colours"])
def test_what_is_given_stays_and_shapes_what_follows(kind, given):
    model = decoder(kind, given)
    uniforms = noise(model)
    free = finish(ancestral(model, uniforms)).clone()
    mask = torch.zeros(SHAPE, dtype=torch.bool)
    mask[:2], mask[3, 3] = True, True
    for values, same in ((free, True), (1 - free, False)):
        known = Known(values, mask)
        plain = finish(ancestral(model, uniforms, known=known)).clone()
        assert torch.equal(finish(cached(model, uniforms, known=known)), plain)
        assert torch.equal(plain[:, :, mask], values[:, :, mask])
        assert torch.equal(plain, free) == same


def test_each_step_leaves_one_more_position_done():
    model = decoder("gated", "nothing")
    for sampler in (ancestral, cached):
        done = [(each.done, each.total) for each in sampler(model, noise(model))]
        assert done == [(n, 30) for n in range(1, 31)]


def test_gaussian_maps_are_drawn_alike():
    """The latent level of a hierarchy: each position has a mean and a deviation."""
    made = net("masked", outputs=2)

    def gaussian(raw: torch.Tensor) -> DiagonalNormal:
        return DiagonalNormal(*raw.tanh().chunk(2, 1))

    model = Decoder(made, gaussian, (1, *SHAPE))
    eps = torch.randn(3, *model.shape, dtype=torch.double)
    plain = finish(ancestral(model, eps))
    torch.testing.assert_close(finish(cached(model, eps)), plain)
    given = model.distribution(plain)  # what was drawn, read back with the truth given
    torch.testing.assert_close((plain - given.mu) / given.sigma, eps)


def test_frequencies_are_the_models_probabilities():
    """All 16 pictures of 2 x 2 bits, 20 000 draws, within five standard errors."""
    model = Decoder(net("gated"), bits, (1, 2, 2))
    every = torch.tensor(list(itertools.product((0.0, 1.0), repeat=4))).double().view(16, 1, 2, 2)
    with torch.no_grad():
        p = model.distribution(every).log_prob(every).exp()
    torch.testing.assert_close(p.sum().item(), 1.0)
    drawn = finish(cached(model, torch.rand(20_000, 1, 2, 2, dtype=torch.double)))
    which = (drawn.flatten(1) * torch.tensor([8, 4, 2, 1])).sum(1).long()
    share = torch.bincount(which, minlength=16) / 20_000
    assert ((share - p).abs() <= 5 * (p * (1 - p) / 20_000).sqrt()).all()


@pytest.mark.parametrize("sampler", [ancestral, cached])
def test_what_cannot_be_drawn_is_refused(sampler):
    model = decoder("gated", "nothing")
    with pytest.raises(DataError, match=r"noise of shape \(B, 1, 5, 6\), got \(3, 1, 5, 5\)"):
        next(sampler(model, torch.rand(3, 1, 5, 5).double()))
    with pytest.raises(SettingError, match="temperature above 0, got 0"):
        next(sampler(model, noise(model), temperature=0))
    known = Known(torch.zeros(1, 1, 4, 6), torch.zeros(5, 6, dtype=torch.bool))
    with pytest.raises(DataError, match="known pixels"):
        next(sampler(model, noise(model), known=known))
    with pytest.raises(DataError, match="pictures of shape"):
        model.distribution(torch.zeros(1, 1, 6, 5))
