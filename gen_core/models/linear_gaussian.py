"""A VAE whose true posterior is known: a linear decoder with Gaussian noise, held fixed.

Kingma et al. 2016, IAF, arXiv 1606.04934, appendix A: linear IAF makes a Gaussian of any
covariance out of a diagonal one. Whether it finds the right one shows where the truth has a closed
form. With
p(z) = N(0, I) and p(x|z) = N(W z + b, s^2 I) (Tipping & Bishop 1999, "Probabilistic Principal
Component Analysis", Journal of the Royal Statistical Society B 61, sections 3.1 and 3.2),

    p(z|x) = N(C W^T (x - b) / s^2, C)   with   C = (I + W^T W / s^2)^-1,
    p(x)   = N(b, W W^T + s^2 I).

The best diagonal Gaussian has the true mean and the precisions Lambda_ii of Lambda = C^-1 (Bishop
2006, Pattern Recognition and Machine Learning, section 10.1.2). Its bound misses log p(x) by

    KL(q(z|x) || p(z|x)) = 1/2 (sum_i ln Lambda_ii - ln det Lambda),

here 1/2 ln(36 / 11) = 0.593 nats, for Lambda has 18 on its diagonal and -15 beside it.

Deviations: appendix A tests nothing, so the example is ours: pictures of four pixels, read as
points of R^4. The decoder does not learn: a learned one would turn its axes until a diagonal
posterior fits (Lucas et al. 2019, "Don't Blame the ELBO!", arXiv 1911.02469).

>>> import torch
>>> vae = LinearGaussianVae("linear")
>>> x = torch.eye(4).reshape(4, 1, 2, 2)
>>> vae.log_likelihood(x)
tensor([-3.7969, -3.7969, -3.7969, -3.7969])
>>> (99 * vae.posterior_covariance).round()
tensor([[18., 15.],
        [15., 18.]])
"""

import math

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from gen_core.distributions import DiagonalNormal
from gen_core.errors import SettingError
from gen_core.models.iaf import IafVae

__all__ = ["LinearGaussianVae"]

IMAGE_SHAPE = (1, 2, 2)
WEIGHT = ((0.5, -0.3), (-0.3, 0.5), (0.3, -0.5), (-0.5, 0.3))
"""W, from two latents to four pixels: its columns are far from orthogonal."""
OFFSET = 0.25
"""Every entry of b: the mean of the four pictures with one pixel on."""
DEVIATION = 0.2
"""s."""


class LinearGaussianVae(IafVae):
    """The fixed decoder, and an encoder that is linear in the pixels before its maps.

    Args:
        posterior: As of :class:`~gen_core.models.iaf.IafVae`, with what follows.
        steps: Maps of the chain.
        flow_width: Units of a hidden layer of each MADE.
        flow_layers: Hidden layers of each MADE.
        form: ``"gated"`` or ``"code"``.
        gate_bias: What is added to s before the gate.
        context_dim: Size of h.
        image_shape: Must be ``(1, 2, 2)``.
        latent_dim: Must be 2.

    Attributes:
        weight: W, ``(4, 2)``.

    Raises:
        SettingError: The pictures have not four pixels, or the code not two dimensions.
    """

    weight: Tensor

    def __init__(
        self,
        posterior: str = "linear",
        steps: int = 2,
        flow_width: int = 64,
        flow_layers: int = 1,
        form: str = "gated",
        gate_bias: float = 1.5,
        context_dim: int = 4,
        *,
        image_shape: tuple[int, int, int] = IMAGE_SHAPE,
        latent_dim: int = 2,
    ) -> None:
        if image_shape != IMAGE_SHAPE or latent_dim != 2:
            raise SettingError(
                "pictures of 2 x 2 pixels and 2 latents under a linear network",
                f"{image_shape[1]} x {image_shape[2]} and {latent_dim}",
                "Choose data=four and latent_dim=2, or another network.",
            )
        chain = (posterior, steps, flow_width, flow_layers, form, gate_bias, context_dim)
        pixels = math.prod(image_shape)
        super().__init__(image_shape, 1, latent_dim, "mlp", pixels, 1, pixels, *chain)
        self.encoder = nn.Flatten()
        self.decoder = nn.Identity()
        self.register_buffer("weight", torch.tensor(WEIGHT), persistent=False)

    def decode(self, z: Tensor) -> DiagonalNormal:
        """Return p(x|z), over ``(B, 1, 2, 2)``.

        Args:
            z: Latents ``(B, 2)``.
        """
        mean = (z @ self.weight.T + OFFSET).unflatten(1, self.image_shape)
        return DiagonalNormal(mean, torch.full_like(mean, math.log(DEVIATION)))

    @property
    def posterior_covariance(self) -> Tensor:
        """C of p(z|x), the same for every x, ``(2, 2)``."""
        eye = torch.eye(self.latent_dim, dtype=self.weight.dtype, device=self.weight.device)
        return torch.linalg.inv(eye + self.weight.T @ self.weight / DEVIATION**2)

    def posterior_mean(self, x: Tensor) -> Tensor:
        """Return the mean of p(z|x), ``(B, 2)``.

        Args:
            x: Pictures ``(B, 1, 2, 2)``.
        """
        return (x.flatten(1) - OFFSET) @ self.weight @ self.posterior_covariance / DEVIATION**2

    def log_likelihood(self, x: Tensor) -> Tensor:
        """Return log p(x) in nats, ``(B,)``, exactly.

        Args:
            x: Pictures ``(B, 1, 2, 2)``.
        """
        pixels = x.flatten(1)
        noise = DEVIATION**2 * torch.eye(pixels.shape[1], dtype=x.dtype, device=x.device)
        mean = torch.full_like(pixels[0], OFFSET)
        found: Tensor = MultivariateNormal(mean, self.weight @ self.weight.T + noise).log_prob(
            pixels
        )
        return found
