"""Autoregressive maps: masked networks, steps of inverse autoregressive flow, its linear case.

D. P. Kingma et al., "Improved Variational Inference with Inverse Autoregressive Flow", NIPS 2016,
arXiv 1606.04934, section 4 and appendix A; M. Germain et al., "MADE: Masked Autoencoder for
Distribution Estimation", ICML 2015, arXiv 1502.03509, section 4. Of every variable i the network
sees those before it alone, so that all variables move at once and the Jacobian is triangular:

    gated   z' = sigma z + (1 - sigma) m,  sigma = sigmoid(s)    (equations 12-14),
    code    z' = (z - m / 10) exp(-s / 10)                       (openai/iaf, tf_utils/layers.py),
    linear  z' = L z,  L lower triangular with ones on its diagonal   (appendix A),

    log |det dz'/dz| = sum of log sigma,   sum of -s / 10,   0.

``forward`` is the way a posterior is sampled, in one pass; ``inverse`` finds one variable after
the other.

Deviations:
  1. The context enters every layer of a MADE through a linear map without mask; the paper does not
     say where. A first layer alone would keep it from the variable that comes first.
  2. MADE's direct link from inputs to outputs is there, which the paper does not speak of.
  3. Hidden degrees go round 1..D-1 in place of being drawn, and there is one order per network.

>>> import torch
>>> step = IafStep(Made(3, width=8))
>>> z, log_det = step(torch.randn(5, 3))
>>> log_det.shape
torch.Size([5])
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import elu, linear, logsigmoid

from gen_core.bijections.base import Bijection, Chain, Flip
from gen_core.distributions.terms import per_example
from gen_core.errors import SettingError, one_of

__all__ = [
    "FORMS",
    "AutoregressiveNet",
    "IafStep",
    "LinearIaf",
    "Made",
    "MaskedLinear",
    "iaf_chain",
]

FORMS = ("gated", "code")
SCALE = 0.1
"""What the public code multiplies a network's outputs by."""


class MaskedLinear(nn.Linear):
    """A linear map in which an output sees the inputs that a mask lets through.

    Args:
        degrees_in: Degree of each input.
        degrees_out: Degree of each output.
        strict: Whether an output sees degrees below its own alone, and not its own.
        bias: Whether there is a bias.

    Attributes:
        mask: ``(out, in)`` of 0 and 1.
    """

    mask: Tensor

    def __init__(
        self, degrees_in: Tensor, degrees_out: Tensor, *, strict: bool = False, bias: bool = True
    ) -> None:
        super().__init__(len(degrees_in), len(degrees_out), bias=bias)
        rows = degrees_out[:, None]
        seen = rows > degrees_in if strict else rows >= degrees_in
        self.register_buffer("mask", seen.to(self.weight.dtype), persistent=False)

    def forward(self, input: Tensor) -> Tensor:
        """Return ``(B, out)``."""
        return linear(input, self.weight * self.mask, self.bias)


class AutoregressiveNet(nn.Module, ABC):
    """A network of z that gives two numbers for each variable, each from those before it."""

    @abstractmethod
    def forward(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return m and s, like z ``(B, ...)``; the context is what every entry sees besides."""

    @abstractmethod
    def places_of(self, z: Tensor) -> Tensor:
        """Return the place of each variable, from 0 on, like one example of z."""


class Made(AutoregressiveNet):
    """A network of z that gives two numbers for each variable, each from those before it.

    Args:
        dim: Variables D.
        width: Units of a hidden layer.
        layers: Hidden layers, with ELU; 0 for a linear map.
        context_dim: Size of the context; 0 for none.
        order: Place of each variable, from 0 on; left to right where left out.

    Attributes:
        places: Place of each variable, ``(D,)``.

    Raises:
        SettingError: The order is no permutation, or a hidden layer has no unit.
    """

    places: Tensor

    def __init__(
        self,
        dim: int,
        width: int = 64,
        layers: int = 1,
        *,
        context_dim: int = 0,
        order: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        order = list(range(dim)) if order is None else list(order)
        if sorted(order) != list(range(dim)):
            raise SettingError(f"an order of 0 to {dim - 1}", order, "Name each place once.")
        if layers and width < 1:
            raise SettingError("at least one unit in a hidden layer", width, "Choose a width.")
        self.dim = dim
        # on the CPU even where shapes alone are built, on meta: comparing there is slow to load
        own = torch.tensor(order, device="cpu") + 1
        self.register_buffer("places", own - 1, persistent=False)
        hidden = 1 + torch.arange(width, device="cpu") % max(1, dim - 1)
        degrees = [own, *[hidden] * layers]
        pairs = zip(degrees, degrees[1:], strict=False)
        self.hidden = nn.ModuleList(MaskedLinear(a, b) for a, b in pairs)
        self.out = MaskedLinear(degrees[-1], own.repeat(2), strict=True)
        self.direct = MaskedLinear(own, own.repeat(2), strict=True, bias=False) if layers else None
        sizes = [*[width] * layers, 2 * dim] if context_dim else []
        self.contexts = nn.ModuleList(nn.Linear(context_dim, size, bias=False) for size in sizes)

    def forward(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return m and s, each ``(B, D)``; entry i depends on variables of earlier places.

        Args:
            z: ``(B, D)``.
            context: ``(B, context_dim)``; seen by every entry.
        """
        x = z
        for index, layer in enumerate(self.hidden):
            x = elu(layer(x) + self._given(index, context))
        found = self.out(x) + self._given(len(self.hidden), context)
        if self.direct is not None:
            found = found + self.direct(z)
        m, s = found.chunk(2, dim=1)
        return m, s

    def places_of(self, z: Tensor) -> Tensor:
        """Return ``places``, whatever z."""
        return self.places

    def outputs(self) -> list[nn.Linear]:
        """Return the linear maps that make the outputs."""
        last = [self.out, self.direct, *self.contexts[-1:]]
        return [cast(nn.Linear, each) for each in last if each is not None]

    def _given(self, index: int, context: Tensor | None) -> Tensor | float:
        if context is None or not self.contexts:
            return 0.0
        return cast(Tensor, self.contexts[index](context))


class IafStep(Bijection):
    """One step of the flow.

    Args:
        network: From z and the context to m and s.
        form: ``"gated"`` or ``"code"``.
        bias: What is added to s in the gated form, so that a step begins by changing z little
            (section 4: +1 or +2).

    Raises:
        SettingError: The form is unknown.
    """

    def __init__(self, network: AutoregressiveNet, form: str = "gated", bias: float = 1.5) -> None:
        super().__init__()
        self.network = network
        self.form = one_of(form, FORMS)
        self.bias = bias

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the next z and the sum of log sigma."""
        z, log_sigma = self.moved(x, context)
        return z, per_example(log_sigma)

    def moved(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the next z and each variable's log sigma, both like x."""
        log_sigma, shift = self._affine(x, context)
        return x * log_sigma.exp() + shift, log_sigma

    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the z before, found place by place: a pass through the network for each."""
        places = self.network.places_of(z)
        x = log_sigma = torch.zeros_like(z)
        for place in range(places.numel()):
            log_sigma, shift = self._affine(x, context)
            x = torch.where(places == place, (z - shift) * (-log_sigma).exp(), x)
        return x, -per_example(log_sigma)  # nothing depends on the variable of the last place

    def _affine(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return log sigma and the shift of z' = sigma z + shift."""
        m, s = self.network(x, context)
        if self.form == "code":
            return -SCALE * s, -SCALE * m * (-SCALE * s).exp()
        s = s + self.bias
        return logsigmoid(s), (-s).sigmoid() * m


class LinearIaf(Bijection):
    """z' = L z with L of the context: a diagonal Gaussian becomes one of any covariance.

    Args:
        dim: Variables D, two or more.
        context_dim: Size of the context that says L; 0 for one L.

    Attributes:
        entries: Entries of L below its diagonal, ``(1, D (D - 1) / 2)``, row by row.
        condition: Linear map from the context to what is added to them; None without context.

    Raises:
        SettingError: One variable has no covariance.
    """

    rows: Tensor
    columns: Tensor

    def __init__(self, dim: int, context_dim: int = 0) -> None:
        super().__init__()
        if dim < 2:
            raise SettingError("two variables or more", dim, "Choose a diagonal posterior.")
        self.dim = dim
        rows, columns = torch.tril_indices(dim, dim, -1)
        self.register_buffer("rows", rows, persistent=False)
        self.register_buffer("columns", columns, persistent=False)
        self.entries = nn.Parameter(torch.zeros(1, len(rows)))
        self.condition = nn.Linear(context_dim, len(rows), bias=False) if context_dim else None

    def lower(self, context: Tensor | None = None) -> Tensor:
        """Return L, ``(B, D, D)``; ``(1, D, D)`` without context."""
        entries = self.entries
        if self.condition is not None and context is not None:
            entries = entries + self.condition(context)
        eye = torch.eye(self.dim, dtype=entries.dtype, device=entries.device)
        matrix = eye.repeat(len(entries), 1, 1)
        return matrix.index_put(
            (torch.arange(len(entries), device=entries.device)[:, None], self.rows, self.columns),
            entries,
        )

    def forward(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return L z and zeros."""
        return (self.lower(context) @ x[:, :, None])[:, :, 0], x.new_zeros(len(x))

    def inverse(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return L^-1 z, by substitution, and zeros."""
        solved = torch.linalg.solve_triangular(
            self.lower(context), z[:, :, None], upper=False, unitriangular=True
        )
        return solved[:, :, 0], z.new_zeros(len(z))


def iaf_chain(
    dim: int,
    steps: int,
    width: int = 64,
    layers: int = 1,
    *,
    context_dim: int = 0,
    form: str = "gated",
    bias: float = 1.5,
) -> Chain:
    """Return steps of the flow, the order of variables reversed after each (section 4).

    Args:
        dim: Variables D.
        steps: Steps T.
        width: Units of a hidden layer of each step's MADE.
        layers: Hidden layers of each.
        context_dim: Size of the context h; 0 for none.
        form: ``"gated"`` or ``"code"``.
        bias: See :class:`IafStep`.
    """
    maps: list[Bijection] = []
    for _ in range(steps):
        made = Made(dim, width, layers, context_dim=context_dim)
        maps += [IafStep(made, form, bias), Flip()]
    return Chain(maps)
