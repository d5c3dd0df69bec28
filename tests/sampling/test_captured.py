"""A captured drawing is a cached one, for every decoder; a tape stands in for CUDA graphs."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from gen_core.models.pixelcnn import PixelCnn
from gen_core.nn.decoder import Decoder
from gen_core.sampling.ancestral import Known, finish
from gen_core.sampling.cached import cached, positions
from gen_core.sampling.captured import KINDS, Drawings
from gen_core.sampling.levels import noise_of
from tests.models.hierarchies import hierarchy
from tests.models.test_pixelvae import model as pixelvae
from tests.sampling.tape import Tapes
from tests.sampling.test_sampling import noise

SIZE = {"width": 6, "depth": 1, "first_kernel": 3, "kernel": 3}


def pixelcnn(channels: int, top_level: int, architecture: str, output: str, classes: int = 0):
    model = PixelCnn(
        (channels, 4, 5), top_level, architecture, output, n_classes=classes, n_mix=2, **SIZE
    ).double()
    return model.decoder(torch.tensor([1, 0, 1]) if classes else None)


def level(which: str) -> Decoder:
    model = hierarchy(latent_blocks=1)
    if which == "pixels":
        return model.pixel_decoder(torch.randn(3, *model.z1_shape, dtype=torch.double))
    return model.latent_decoder(noise_of(model, 3, seed=0, index=0).top)


def code(kind: str) -> Decoder:
    return pixelvae(kind).decoder(torch.randn(3, 2, dtype=torch.double))


DECODERS = {
    "bits": lambda: pixelcnn(1, 1, "gated", "softmax"),
    "classes": lambda: pixelcnn(1, 3, "gated", "softmax", classes=2),
    "one stack, colours": lambda: pixelcnn(3, 3, "masked", "softmax"),
    "mixture": lambda: pixelcnn(3, 7, "gated", "logistic"),
    "code as a bias": lambda: code("bias"),
    "code as maps": lambda: code("upsampling"),
    "code alone": lambda: code("independent"),
    "latent map": lambda: level("latents"),
    "pixels of a hierarchy": lambda: level("pixels"),
}


def other(of: Decoder) -> Decoder:
    """The same net under another condition."""
    changed = {
        name: given.flip(0) + 0.5
        for name in ("vector", "maps")
        if (given := getattr(of, name)) is not None
    }
    return replace(of, **changed)


class Captured:
    """Drawings on tapes, one call for each picture; how often each was recorded."""

    def __init__(self) -> None:
        self.made: list[Tapes] = []
        self.drawings = Drawings(self.recorder)

    def recorder(self) -> Tapes:
        self.made.append(Tapes())
        return self.made[-1]

    @torch.no_grad()  # as a decorator it is off again between two paintings
    def begin(self, of: Decoder, uniforms, temperature=1.0, known=None):
        walk = partial(positions, temperature)
        yield from self.drawings.draw(walk, of, uniforms, known, temperature)

    def draw(self, *given):
        return finish(self.begin(*given)).clone()

    @property
    def recorded(self) -> list[int]:
        return [each.recorded for each in self.made]


@pytest.mark.parametrize("kind", DECODERS)
def test_a_replay_draws_what_the_cached_sampler_draws(kind):
    decoder, captured = DECODERS[kind](), Captured()
    rows, seen = decoder.shape[1], []
    for time, recorded in enumerate(([], [rows], [rows], [rows])):
        uniforms = noise(decoder)
        found = captured.draw(decoder, uniforms)
        assert torch.equal(found, finish(cached(decoder, uniforms))), time
        assert captured.recorded == recorded, "the first as it is, then captured, then replayed"
        seen.append(found)
        decoder = other(decoder)
    assert not any(torch.equal(a, b) for a, b in zip(seen, seen[1:], strict=False))


def test_replays_see_the_newest_weights():
    decoder, captured = DECODERS["classes"](), Captured()
    uniforms = noise(decoder)
    old = [captured.draw(decoder, uniforms) for _ in range(3)]
    with torch.no_grad():
        for parameter in decoder.net.parameters():
            parameter.add_(torch.randn_like(parameter))
    new = captured.draw(decoder, uniforms)
    assert torch.equal(new, finish(cached(decoder, uniforms))) and not torch.equal(new, old[-1])
    assert captured.recorded == [4]


def test_weights_in_another_place_are_another_kind():
    decoder, captured = DECODERS["bits"](), Captured()
    uniforms = noise(decoder)
    for _ in range(2):
        captured.draw(decoder, uniforms)
    with torch.no_grad():
        for parameter in decoder.net.parameters():
            parameter.data = parameter + torch.randn_like(parameter)
    for _ in range(3):
        found = captured.draw(decoder, uniforms)
        assert torch.equal(found, finish(cached(decoder, uniforms)))


@pytest.mark.parametrize("after", [0, 1, 7, 12])
def test_a_drawing_that_was_broken_off_leaves_nothing_behind(after):
    decoder, captured = DECODERS["code as maps"](), Captured()
    captured.draw(decoder, noise(decoder))
    broken = captured.begin(decoder, noise(decoder))
    for _ in range(after):
        next(broken)
    broken.close()
    for _ in range(2):
        uniforms = noise(decoder)
        assert torch.equal(captured.draw(decoder, uniforms), finish(cached(decoder, uniforms)))
    assert captured.recorded == [5], "rows that were captured are not captured again"


def test_two_drawings_at_once_do_not_disturb_each_other():
    decoder, captured = DECODERS["one stack, colours"](), Captured()
    captured.draw(decoder, noise(decoder))
    pair = noise(decoder), noise(decoder)
    drawn = [None, None]
    for paintings in zip(*(captured.begin(decoder, each) for each in pair), strict=True):
        drawn = [painting.x for painting in paintings]
    for found, uniforms in zip(drawn, pair, strict=True):
        assert torch.equal(found, finish(cached(decoder, uniforms)))


def test_what_is_given_and_the_temperature_are_kinds_of_their_own():
    decoder, captured = DECODERS["classes"](), Captured()
    uniforms, mask = noise(decoder), torch.zeros(4, 5, dtype=torch.bool)
    mask[:2], mask[3, 3] = True, True
    for temperature, known in (
        (1.0, None),
        (0.5, None),
        (1.0, Known(noise(decoder).round()[:1], mask)),
        (1.0, Known(noise(decoder).round()[:1], mask)),
        (1.0, Known(noise(decoder).round()[:1], ~mask)),
    ):
        for _ in range(3):
            found = captured.draw(decoder, uniforms, temperature, known)
            assert torch.equal(found, finish(cached(decoder, uniforms, temperature, known)))
    assert captured.recorded == [4] * 4, "other values at the same places are no new kind"


def test_noise_that_is_shared_by_all_pictures_is_copied():
    decoder, captured = DECODERS["code as a bias"](), Captured()
    for _ in range(3):
        shared = noise(decoder)[:1].expand(3, -1, -1, -1)
        assert torch.equal(captured.draw(decoder, shared), finish(cached(decoder, shared)))


def test_a_capture_that_fails_is_forgotten():
    decoder, captured = DECODERS["bits"](), Captured()
    uniforms = noise(decoder)
    captured.draw(decoder, uniforms)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tapes, "record", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            captured.draw(decoder, uniforms)
    for _ in range(2):
        assert torch.equal(captured.draw(decoder, uniforms), finish(cached(decoder, uniforms)))
    assert captured.recorded == [0, 4]


def test_a_failure_is_told_as_it_is_though_newer_kinds_took_the_place():
    decoder, captured = DECODERS["bits"](), Captured()
    captured.draw(decoder, noise(decoder))
    begun = captured.begin(decoder, noise(decoder))
    next(begun)
    for n in range(4, 4 + KINDS):
        captured.draw(decoder, torch.rand(n, 1, 4, 5).double())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tapes, "record", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            finish(begun)


def test_only_the_newest_kinds_are_kept():
    captured, decoder = Captured(), DECODERS["bits"]()
    for n in range(1, KINDS + 3):
        for _ in range(2):
            captured.draw(decoder, torch.rand(n, 1, 4, 5).double())
    assert len(captured.drawings.kinds) == KINDS


def test_a_walk_that_looks_at_a_value_cannot_be_captured():
    decoder, captured = DECODERS["bits"](), Captured()

    def looks(decoder, noise, known):
        for painting in positions(1.0, decoder, noise, known):
            if painting.x.sum().item() >= 0:
                yield painting

    finish(captured.drawings.draw(looks, decoder, noise(decoder)))
    with pytest.raises(AssertionError, match="a graph cannot hold aten._local_scalar_dense"):
        finish(captured.drawings.draw(looks, decoder, noise(decoder)))


def test_the_devices_own_way_draws_the_same_pictures(device):
    """With `--device cuda` the graphs themselves: drawn as it is, captured, and replayed."""
    decoder = DECODERS["classes"]()
    there = replace(decoder, net=decoder.net.to(device), vector=decoder.vector.to(device))
    for _ in range(4):
        uniforms = noise(decoder)
        found = finish(cached(there, uniforms.to(device))).cpu()
        again = finish(positions(1.0, there, uniforms.to(device))).cpu()
        assert torch.equal(found, again)
