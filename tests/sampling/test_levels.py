"""Noise held level by level: cached = ancestral for both levels, and what is held stays."""

import pytest
import torch

from gen_core.errors import DataError, SettingError
from gen_core.sampling.ancestral import ancestral, finish
from gen_core.sampling.cached import cached, raw_outputs
from gen_core.sampling.levels import LEVELS, LevelNoise, draw, latent_map, noise_of, paint
from tests.models.hierarchies import hierarchy, pictures


def test_cached_is_ancestral_for_both_levels_at_once():
    model = hierarchy(latent_blocks=1)
    noise = noise_of(model, 3, seed=0, index=0)
    plain = draw(model, noise, ancestral)
    assert torch.equal(draw(model, noise), plain) and plain.std() > 0.1
    torch.testing.assert_close(
        latent_map(model, noise.top, noise.middle, cached),
        latent_map(model, noise.top, noise.middle, ancestral),
    )


def test_outputs_of_both_nets_agree_in_single_precision():
    model = hierarchy(latent_blocks=1).float()
    noise = noise_of(model, 3, seed=0, index=0)
    z1 = latent_map(model, noise.top, noise.middle)
    x = pictures(model, 3).float()
    for decoder, given in (
        (model.latent_decoder(noise.top), z1),
        (model.pixel_decoder(z1), x),
    ):
        with torch.no_grad():
            whole = decoder.net(decoder.prepare(given), None, decoder.maps)
            torch.testing.assert_close(raw_outputs(decoder, given), whole, atol=1e-5, rtol=0)


def test_the_latent_map_is_mean_plus_sigma_times_its_own_noise():
    model = hierarchy(latent_blocks=1)
    noise = noise_of(model, 3, seed=0, index=0)
    z1 = latent_map(model, noise.top, noise.middle)
    with torch.no_grad():
        prior = model.prior(z1, noise.top)
    torch.testing.assert_close((z1 - prior.mu) / prior.sigma, noise.middle)


def test_holding_every_noise_gives_the_same_picture():
    model = hierarchy()
    noise = noise_of(model, 2, seed=5, index=3)
    again = noise_of(model, 2, seed=5, index=3)
    assert torch.equal(draw(model, noise), draw(model, again))
    assert not torch.equal(noise.pixels, noise_of(model, 2, seed=5, index=4).pixels)


@pytest.mark.parametrize("level", LEVELS)
def test_one_level_varies_and_the_others_hold(level):
    model = hierarchy()
    base, fresh = noise_of(model, 1, 0, 0), noise_of(model, 6, 0, 1)
    varied = base.varied(level, fresh)
    for each in LEVELS:
        held = torch.equal(getattr(varied, each), getattr(base.repeated(6), each))
        assert held == (each != level)
    z1 = latent_map(model, varied.top, varied.middle)
    assert (z1.std(0).max() < 1e-12) == (level == "pixels")
    drawn = draw(model, varied)
    assert drawn.std(0).max() > 0, "a level that does nothing would prove nothing"


def test_the_same_noise_of_the_middle_under_another_top_gives_another_map():
    model = hierarchy()
    base, other = noise_of(model, 1, 0, 0), noise_of(model, 1, 0, 1)
    first = latent_map(model, base.top, base.middle)
    assert not torch.allclose(first, latent_map(model, other.top, base.middle))


def test_a_batch_is_drawn_as_each_of_its_pictures_alone():
    model = hierarchy()
    noise = noise_of(model, 3, 0, 0)
    alone = torch.cat([draw(model, noise.picked(slice(i, i + 1))) for i in range(3)])
    assert torch.equal(draw(model, noise), alone)


def test_what_does_not_fit_is_refused():
    model = hierarchy()
    noise = noise_of(model, 2, 0, 0)
    with pytest.raises(SettingError, match=r"a level \(top, middle, pixels\), got 'bottom'"):
        noise.varied("bottom", noise)
    with pytest.raises(DataError, match="as many noises of each level"):
        finish(paint(model, LevelNoise(noise.top, noise.middle[:1], noise.pixels)))
