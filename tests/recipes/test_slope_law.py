"""The law of the page: the penalty's critic has slope about 1, the clipped one has almost none.

Figure 1a's game at a stated small size: the generator is real + N(0, I), critics are 3 x 64, 300
updates at batch 256 and seed 7. The measure itself is proved on hand-made critics in
``tests/exploration/test_slopes.py``.
"""

import itertools

import pytest

from gen_core.exploration.base import View, run_probe
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train

GAME = {"fixed_generator": True, "width": 64, "n_critic": 1, "batch": 256}


def measured(variant):
    state = TrainingState.start(make("wgan", variant, GAME), 7)
    for _ in itertools.islice(train(state), 300):
        pass
    return run_probe(View.of(state), "slopes"), run_probe(
        View.of(state), "slopes", {"pairs": "optimal"}
    )


def test_the_penalised_critic_has_slope_one():
    """Measured: mean 1.025, median 1.017, 77 % within [0.9, 1.1]; on optimal pairs 0.77."""
    made, optimal = measured("gp")
    assert 0.95 < made["gradient_mean"] < 1.10
    assert 0.95 < made["gradient_quantiles"][2] < 1.08
    assert made["gradient_quantiles"][0] > 0.8 and made["gradient_quantiles"][4] < 1.3
    assert made["gradient_share"] > 0.65
    assert 0.65 < optimal["mean"] < 1.0, "lines from real to generated rise by almost their length"


@pytest.mark.parametrize("variant", ["clip", "clip-tensorflow"])
def test_the_clipped_critic_has_not(variant):
    """Measured: mean below 0.001 at c = 0.01, a thousandth of what the bound 1 would allow."""
    made, optimal = measured(variant)
    assert made["gradient_mean"] < 0.05
    assert made["gradient_quantiles"][4] < 0.05
    assert made["gradient_share"] == 0
    assert optimal["mean"] < 0.05


def test_one_sided_holds_slopes_below_one_too():
    """Measured: mean 0.964, 95 % below 1.18: nothing pushes up, the loss alone does."""
    made, _ = measured("gp-one-sided")
    assert 0.8 < made["gradient_mean"] < 1.05
    assert made["gradient_quantiles"][4] < 1.3
