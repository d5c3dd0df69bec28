"""The law of the page: the penalty's critic has slope about 1, the clipped one has almost none.

Figure 1a's game at a stated small size: the generator is real + N(0, I), critics are 3 x 64, 300
updates at batch 256 and seed 7. The measures are proved on hand-made critics in
``tests/exploration/test_slopes.py`` and ``test_coupling.py``.
"""

import itertools

import pytest

from gen_core.exploration.base import View, run_probe
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train

GAME = {"fixed_generator": True, "width": 64, "n_critic": 1, "batch": 256}


def measured(variant, data="8gaussians"):
    state = TrainingState.start(make("wgan", variant, {**GAME, "data": data}), 7)
    for _ in itertools.islice(train(state), 300):
        pass
    view = View.of(state)
    return run_probe(view, "slopes"), run_probe(view, "coupling", {"n": 512})


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


def test_along_an_optimal_coupling_the_slope_is_one_by_penalty_alone():
    """Proposition 1 on the Swiss roll, where few points want for a partner close by.

    Measured: mean 0.909, median 0.970, 79 % within [0.9, 1.1] with gradient penalty, and a median
    cosine of 0.95 to the real point; mean below 0.001 with clipping.
    """
    _, penalised = measured("gp", "swissroll")
    assert 0.85 < penalised["mean"] < 1.0
    assert 0.93 < penalised["quantiles"][2] < 1.03 and penalised["quantiles"][4] < 1.1
    assert penalised["share"] > 0.65 and penalised["cosine_quantiles"][2] > 0.9
    assert penalised["estimate"] < penalised["distance"]
    _, clipped = measured("clip", "swissroll")
    assert clipped["mean"] < 0.05 and clipped["share"] == 0
