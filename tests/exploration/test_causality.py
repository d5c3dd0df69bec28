"""Masks, receptive fields and blind spots, against what the kernels' geometry says by hand."""

import numpy as np
import pytest
import torch

from gen_core.errors import ProbeError
from gen_core.exploration.base import View, run_probe
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train


def view(variant="gated", updates=0, **overrides):
    small = {"width": 6, "depth": 3, "first_kernel": 3, "kernel": 3}
    state = TrainingState.start(make("pixelcnn", variant, small | overrides), 7)
    steps = train(state)
    for _ in range(updates):
        next(steps)
    return View.of(state)


def wedge(i, j, reach):
    """What one stack of 3 x 3 kernels hears of after `reach` layers, by hand, 8 x 8."""
    heard = np.zeros((8, 8), bool)
    for r in range(8):
        for c in range(8):
            up, right = i - r, c - j
            if up == 0:
                heard[r, c] = 0 < -right <= reach
            elif up > 0:  # each layer goes up one at most, and to the right only when it goes up
                heard[r, c] = up <= reach and -reach <= right <= up
    return heard


@pytest.mark.parametrize("trained", [0, 3])
@pytest.mark.parametrize("pixel", [(4, 2), (5, 5), (0, 3)])
def test_one_stack_is_blind_in_a_wedge_above_to_the_right(pixel, trained):
    i, j = pixel
    arrays = run_probe(view("masked", trained), "receptive_field", {"row": i, "column": j})
    cells = arrays["cells"]
    assert cells.shape == (4, 8, 8)
    before = np.arange(64).reshape(8, 8) < 8 * i + j
    for depth in range(4):
        heard = wedge(i, j, depth + 1)
        assert ((cells[depth] == 1) == heard).all()
        assert ((cells[depth] == 2) == (before & ~heard)).all()
    assert arrays["pixel"].tolist() == [i, j]


def test_two_stacks_hear_of_everything_in_reach_layer_upon_layer():
    cells = run_probe(view(), "receptive_field", {"row": 5, "column": 3})["cells"]
    for depth in range(4):
        reach = depth + 1
        rows, columns = np.indices((8, 8))
        up, aside = 5 - rows, columns - 3
        # a vertical kernel of 3 has 2 rows; the link hands on the row above, one more
        heard = (up >= 1) & (up <= reach + 1) & (abs(aside) <= reach)
        heard |= (up == 0) & (aside < 0) & (-aside <= reach)
        assert ((cells[depth] == 1) == heard).all()
    spot = run_probe(view(depth=6), "blind_spot", {"row": 5, "column": 3})
    assert spot["unheard"][-1] == 0 and spot["before"] == 43
    assert (np.diff(spot["unheard"]) <= 0).all() and spot["unheard"][0] > 0
    stays = run_probe(view("masked", depth=6), "blind_spot", {"row": 5, "column": 3})
    assert stays["unheard"][-1] > 0


@pytest.mark.parametrize("variant", ["masked", "gated", "logistic"])
def test_gradients_reach_what_the_masks_let_through_and_nothing_else(variant):
    arrays = run_probe(view(variant, updates=3), "receptive_field")
    values, cells = arrays["values"], arrays["cells"]
    assert values.max() == 1 and values.min() == 0
    assert (values[cells != 1] == 0).all()
    assert (values[-1][cells[-1] == 1] > 0).mean() > 0.9
    assert arrays["pixel"].tolist() == [4, 2]


def test_the_last_map_is_the_gradient_of_the_raw_output():
    looked = view(updates=2)
    x = looked.recipe.dataset().pictures("test", 0, 16)
    given = (2 * x - 1).requires_grad_()
    looked.models["pixelcnn"].net(given)[:, :, 4, 2].sum().backward()
    field = given.grad.abs().sum(1).mean(0)
    expected = (1 + (field / field.max()).log10() / 4).clamp(0.02, 1)
    expected[field == 0] = 0
    values = torch.tensor(run_probe(looked, "receptive_field")["values"][-1])
    torch.testing.assert_close(values, expected, rtol=1e-4, atol=1e-4)


def test_masks_by_hand():
    a_and_b = run_probe(view("masked", first_kernel=5), "masks")["masks"]
    assert a_and_b[0].tolist() == [[1] * 5, [1] * 5, [1, 1, 0, 0, 0], [0] * 5, [0] * 5]
    inner = [[0] * 5, [0, 1, 1, 1, 0], [0, 1, 1, 0, 0], [0] * 5, [0] * 5]
    assert a_and_b[1].tolist() == inner
    two = run_probe(view(first_kernel=3), "masks")
    assert two["masks"].shape == (4, 3, 3)
    assert two["masks"][0].tolist() == [[1] * 3, [1] * 3, [0] * 3]  # vertical: whole rows
    assert two["masks"][1].tolist() == [[0] * 3, [1, 0, 0], [0] * 3]  # horizontal, A
    assert two["masks"][3].tolist() == [[0] * 3, [1, 1, 0], [0] * 3]  # horizontal, B
    assert ((two["strength"] > 0) == (two["masks"] > 0)).all()


def test_colours_share_the_centre_out():
    centre = run_probe(view("masked", data="rooms-16"), "masks")["masks"][:, 1, 1]
    assert centre.tolist() == pytest.approx([1 / 3, 2 / 3])  # earlier colours; and the own


def test_a_pixel_outside_is_refused():
    with pytest.raises(ProbeError, match="a pixel of a 8 x 8 picture, got"):
        run_probe(view(), "receptive_field", {"row": 8})
    other = TrainingState.start(make("vae"), 0)
    with pytest.raises(ProbeError, match="a recipe that the probe masks can show"):
        run_probe(View.of(other), "masks")
