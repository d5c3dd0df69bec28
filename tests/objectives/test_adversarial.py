"""Classical losses by hand on two points, their gradients, and the divergence they estimate."""

import math

import pytest
import torch

from gen_core.errors import GenLabError
from gen_core.objectives import adversarial
from gen_core.objectives.parallel_lines import parallel_lines

REAL = torch.tensor([0.0, math.log(3.0)], dtype=torch.float64)  # D = 1/2 and 3/4
FAKE = torch.tensor([math.log(1 / 3), math.log(4.0)], dtype=torch.float64)  # D = 1/4 and 4/5


def close(tensor, expected):
    return tensor.tolist() == pytest.approx(expected, abs=1e-12)


def test_discriminator_on_two_points():
    terms = adversarial.minimax_discriminator(REAL, FAKE)
    assert close(terms.real_term, [math.log(2), math.log(4 / 3)])
    assert close(terms.fake_term, [math.log(4 / 3), math.log(5)])
    assert close(terms.loss, [math.log(8 / 3), math.log(20 / 3)])


def test_generators_on_two_points():
    assert close(adversarial.minimax_generator(FAKE).loss, [math.log(3 / 4), math.log(1 / 5)])
    assert close(adversarial.non_saturating_generator(FAKE).loss, [math.log(4), math.log(5 / 4)])


def test_least_squares_on_two_points():
    real, fake = torch.tensor([0.5, 2.0]), torch.tensor([-1.0, 0.25])
    terms = adversarial.least_squares_discriminator(real, fake)
    assert close(terms.real_term, [0.125, 0.5])
    assert close(terms.fake_term, [0.5, 0.03125])
    assert close(terms.loss, [0.625, 0.53125])
    assert close(adversarial.least_squares_generator(fake).loss, [2.0, 0.28125])
    assert close(adversarial.least_squares_generator(fake, factor=1.0).loss, [4.0, 0.5625])
    coded = adversarial.least_squares_discriminator(real, fake, a=-1.0, b=1.0)
    assert close(coded.fake_term, [0.0, 0.78125])
    assert close(adversarial.least_squares_generator(fake, c=0.0).loss, [0.5, 0.03125])


@pytest.mark.parametrize(
    ("generator", "slope"),
    [
        (adversarial.minimax_generator, lambda d: -d),
        (adversarial.non_saturating_generator, lambda d: d - 1),
    ],
)
def test_slopes_where_the_discriminator_is_sure(generator, slope):
    """Minimax dies where D rejects a sample; the non-saturating loss pulls hardest there."""
    score = torch.tensor([-20.0, 0.0, 20.0], dtype=torch.float64, requires_grad=True)
    generator(score).loss.sum().backward()
    assert close(score.grad, slope(score.detach().sigmoid()).tolist())


@pytest.mark.parametrize("value", [-1e4, 1e4])
def test_extreme_scores_stay_finite(value):
    score = torch.tensor([value], requires_grad=True)
    total = adversarial.minimax_discriminator(score, score).loss
    total = total + adversarial.minimax_generator(score).loss
    total = total + adversarial.non_saturating_generator(score).loss
    total.sum().backward()
    assert bool(total.isfinite().all()) and bool(score.grad.isfinite().all())


def test_the_optimal_discriminators_loss_is_the_halved_jensen_shannon():
    """At D* = p/(p+q): E_p log D + E_q log(1-D) = 2 JS - 2 log 2 (Goodfellow et al. 2014)."""
    p = torch.tensor([0.5, 0.3, 0.2, 0.0], dtype=torch.float64)
    q = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)
    m = (p + q) / 2
    js = 0.5 * float(torch.special.xlogy(p, p / m).sum() + torch.special.xlogy(q, q / m).sum())
    logits = (p / q).log().clamp(min=-60.0)
    terms = adversarial.minimax_discriminator(logits, logits)
    value = -float((p * terms.real_term).sum() + (q * terms.fake_term).sum())
    assert value == pytest.approx(2 * js - 2 * math.log(2))


def test_apart_laws_give_the_plateau_of_the_parallel_lines():
    """Disjoint supports, a perfect discriminator: JS = log 2, the halved form's plateau."""
    sure = torch.full((1,), 60.0, dtype=torch.float64)
    value = -float(adversarial.minimax_discriminator(sure, -sure).loss)
    plateau = parallel_lines(torch.tensor([0.01], dtype=torch.float64)).js
    assert (value + 2 * math.log(2)) / 2 == pytest.approx(float(plateau))


def test_columns_are_refused():
    for loss in (adversarial.minimax_discriminator, adversarial.least_squares_discriminator):
        with pytest.raises(GenLabError, match=r"scores of one shape \(B,\)"):
            loss(torch.zeros(4), torch.zeros(4, 1))
    for loss in (
        adversarial.minimax_generator,
        adversarial.non_saturating_generator,
        adversarial.least_squares_generator,
    ):
        with pytest.raises(GenLabError, match=r"got \(4, 1\)"):
            loss(torch.zeros(4, 1))
