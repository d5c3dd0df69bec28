"""GAN on two-dimensional data: the discriminator and the generator of the classical games.

Papers: Goodfellow et al., "Generative Adversarial Nets", 2014; Mao et al., "Least Squares
Generative Adversarial Networks", 2017; F. Ahmed's thesis, section 1.7.

The networks are those of :mod:`gen_core.models.wgan`: the games differ in their objective alone,
so lanes of both papers share the initial value of every parameter. The discriminator returns a
logit; D(x) = sigmoid(logit) in the minimax and non-saturating games, and the least-squares D is
the output itself.

Deviations: the papers show no network for the plane; theirs are convolutional or maxout.
"""

from gen_core.models.wgan import Critic, Generator

__all__ = ["Discriminator", "Generator"]


class Discriminator(Critic):
    """Tells real from generated points: ``(B, 2)`` to logits ``(B, 1)``."""
