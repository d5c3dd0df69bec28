"""WGAN on two-dimensional data: the critic and the generator of the toy figures.

Papers: Arjovsky, Chintala, Bottou, "Wasserstein GAN", 2017; Gulrajani, Ahmed, Arjovsky, Dumoulin,
Courville, "Improved Training of Wasserstein GANs", 2017 (figure 1, appendix); F. Ahmed's thesis,
sections 3.2-3.3.

A critic is a ReLU network from the plane to one score; a generator is one from N(0, I_2) to the
plane. No normalisation anywhere: batch normalisation would mix examples, and the penalty is per
example (thesis 3.4). Figure 1a fixes the generator instead: real points + unit Gaussian noise,
which is W1 <= sqrt(pi / 2) = 1.2533 away from the data.

Sizes: the public toy script has 3 hidden layers of 512 in both; the script of figure 1a a critic
of 2 x 1024; figure 1b says 12 layers and no width.

Deviations:

- Gen Lab's live default is 3 x 128, which trains on one core while it is watched.
- Figure 1b's "12 layers" are read as 12 hidden ReLU layers and the linear output.
"""

from gen_core.nn.mlp import Mlp

__all__ = ["Critic", "Generator"]


class Critic(Mlp):
    """Scores points of the plane: ``(B, 2)`` to ``(B, 1)``, no sigmoid.

    Args:
        width: Units of a hidden layer.
        depth: Hidden layers.
    """

    def __init__(self, *, width: int = 128, depth: int = 3) -> None:
        super().__init__(2, 1, width=width, depth=depth)


class Generator(Mlp):
    """Maps noise to points of the plane: ``(B, noise_dim)`` to ``(B, 2)``.

    Args:
        width: Units of a hidden layer.
        depth: Hidden layers.
        noise_dim: Size of z.
    """

    def __init__(self, *, width: int = 128, depth: int = 3, noise_dim: int = 2) -> None:
        super().__init__(noise_dim, 2, width=width, depth=depth)
