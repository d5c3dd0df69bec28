"""Samples made slice by slice are those made at once, and no layer sees more than a slice."""

import pytest
import torch

from gen_core.recipes.base import make
from gen_core.sampling.priors import SLICE, Asked, draw_prior
from gen_core.training.loop import TrainingState
from tests.test_command_line_sampling import TINY

N, MOST = 96, 32


def untrained(stem):
    return TrainingState.start(make(stem, *TINY[stem]), 0)


def drawn(state, **how):
    """Everything seen on the way: pictures, and the share of the work done."""
    return [(each.x.clone(), each.share) for each in draw_prior(state, Asked(N, 4), **how)]


@pytest.mark.parametrize("stem", TINY)
def test_slices_equal_the_whole_bit_for_bit(stem):
    state = untrained(stem)
    whole, slices = drawn(state, most=N), drawn(state, most=MOST)
    assert torch.equal(slices[-1][0], whole[-1][0])
    assert len(slices) == 3 * len(whole)


@pytest.mark.parametrize("stem", TINY)
def test_the_share_grows_to_one_and_what_is_made_stays(stem):
    seen = drawn(untrained(stem), most=MOST)
    shares = [share for _, share in seen]
    assert shares == sorted(set(shares)) and shares[-1] == 1
    last = seen[-1][0]
    for x, share in seen:
        done = MOST * int(share * N / MOST)
        assert torch.equal(x[:done], last[:done])
        assert not x[done + MOST :].any()


@pytest.mark.parametrize("stem", ["gan", "vae", "iaf", "realnvp_images", "resnet_vae"])
def test_no_layer_ever_sees_more_than_a_slice(stem):
    state, sizes = untrained(stem), []
    for model in state.models.values():
        for part in model.modules():
            part.register_forward_pre_hook(
                lambda part, given: sizes.extend(len(e) for e in given if torch.is_tensor(e))
            )
    drawn(state, most=MOST)
    assert sizes and max(sizes) == MOST


def test_one_picture_more_than_a_slice_is_still_the_whole_bit_for_bit():
    """A last slice of one would be summed in another order: slices are of one size."""
    state, asked = untrained("vae"), Asked(SLICE + 1)
    *_, whole = draw_prior(state, asked, most=SLICE + 1)
    first, last = [(each.x.clone(), each.share) for each in draw_prior(state, asked)]
    assert torch.equal(last[0], whole.x) and first[1] == pytest.approx(0.5, abs=0.01)
