"""The classical GAN objectives: minimax, non-saturating, least squares.

Papers: Goodfellow et al., "Generative Adversarial Nets", 2014 (equation 1, section 3; F. Ahmed's
thesis, equations 1.36, 1.38 and 3.1); Mao et al., "Least Squares Generative Adversarial Networks",
2017 (equation 2, and its 0-1 coding a = 0, b = c = 1).

Scores are logits: D(x) = sigmoid(score) in the first two; the least-squares D is the score itself.
All losses are minimised, per example, shape ``(B,)``.

Where papers and public code disagree, this file follows the papers:

- least squares: the paper's 1/2 times a mean; its authors' code takes half the *sum* over the
  batch (gradients grow with the batch size, which Adam hides and plain gradient descent does
  not), and its toy scripts halve once more;
- the WGAN-GP authors' comparison trains the least-squares generator without the 1/2
  (``factor=1.0``) and the discriminator with it;
- their DCGAN baseline averages the discriminator's two terms instead of adding them; here the
  terms are added, as in the paper.
"""

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import softplus

from gen_core.objectives.scores import check_scores

__all__ = [
    "DiscriminatorTerms",
    "GeneratorTerms",
    "least_squares_discriminator",
    "least_squares_generator",
    "minimax_discriminator",
    "minimax_generator",
    "non_saturating_generator",
]


@dataclass(frozen=True, eq=False)
class DiscriminatorTerms:
    """Terms of a discriminator's loss, each of shape ``(B,)``.

    Attributes:
        real_term: The price of what it said about real points.
        fake_term: The price of what it said about generated points.
    """

    real_term: Tensor
    fake_term: Tensor

    @property
    def loss(self) -> Tensor:
        """The sum of both terms, to be minimised."""
        return self.real_term + self.fake_term


@dataclass(frozen=True, eq=False)
class GeneratorTerms:
    """Terms of a generator's loss, each of shape ``(B,)``.

    Attributes:
        fake_term: The price of what the discriminator said about generated points.
    """

    fake_term: Tensor

    @property
    def loss(self) -> Tensor:
        """The only term, to be minimised."""
        return self.fake_term


def minimax_discriminator(real_score: Tensor, fake_score: Tensor) -> DiscriminatorTerms:
    """-log D(x) - log(1 - D(x~)): the discriminator of both minimax and non-saturating games.

    Args:
        real_score: Logits at real points, ``(B,)``.
        fake_score: Logits at generated points, ``(B,)``.

    Raises:
        GenLabError: The scores are not two vectors of one length.

    Example:
        >>> import torch
        >>> undecided = torch.zeros(1)
        >>> minimax_discriminator(undecided, undecided).loss  # 2 log 2
        tensor([1.3863])
    """
    check_scores(real_score, fake_score)
    return DiscriminatorTerms(softplus(-real_score), softplus(fake_score))


def minimax_generator(fake_score: Tensor) -> GeneratorTerms:
    """log(1 - D(x~)): flat where the discriminator is sure, its slope there is -D(x~).

    Args:
        fake_score: Logits at generated points, ``(B,)``.

    Raises:
        GenLabError: The scores are no vector.
    """
    check_scores(fake_score)
    return GeneratorTerms(-softplus(fake_score))


def non_saturating_generator(fake_score: Tensor) -> GeneratorTerms:
    """-log D(x~): the same fixed point, with slope -(1 - D(x~)), steep where minimax is flat.

    Args:
        fake_score: Logits at generated points, ``(B,)``.

    Raises:
        GenLabError: The scores are no vector.
    """
    check_scores(fake_score)
    return GeneratorTerms(softplus(-fake_score))


def least_squares_discriminator(
    real_score: Tensor, fake_score: Tensor, *, a: float = 0.0, b: float = 1.0, factor: float = 0.5
) -> DiscriminatorTerms:
    """1/2 (D(x) - b)^2 + 1/2 (D(x~) - a)^2.

    Args:
        real_score: D at real points, no sigmoid, ``(B,)``.
        fake_score: D at generated points, ``(B,)``.
        a: The code for generated points.
        b: The code for real points.
        factor: The paper's 1/2.

    Raises:
        GenLabError: The scores are not two vectors of one length.
    """
    check_scores(real_score, fake_score)
    return DiscriminatorTerms(
        factor * (real_score - b).square(), factor * (fake_score - a).square()
    )


def least_squares_generator(
    fake_score: Tensor, *, c: float = 1.0, factor: float = 0.5
) -> GeneratorTerms:
    """1/2 (D(x~) - c)^2.

    Args:
        fake_score: D at generated points, no sigmoid, ``(B,)``.
        c: What the generator wants the discriminator to say.
        factor: The paper's 1/2; 1.0 is that of the WGAN-GP authors' comparison.

    Raises:
        GenLabError: The scores are no vector.
    """
    check_scores(fake_score)
    return GeneratorTerms(factor * (fake_score - c).square())
