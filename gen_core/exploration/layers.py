"""Inside the critic: how the gradient travels through its layers, and where its weights lie.

Gulrajani et al. (2017), Figure 1b: with weight clipping the gradient of the critic's loss grows or
vanishes exponentially with depth and the weights pile up at the two clipping values; with the
gradient penalty it stays level. No script of the published figure is public. Choices made here:

- the loss is the Wasserstein term, mean D(fake) - mean D(real). The penalty acts on activations
  at *interpolated* points, so on the activations at real and fake points this is the whole loss.
  Of a classical discriminator it is the same difference of logits, not its own loss: what depth
  does, without what the sigmoid's saturation does;
- the norm is that of each example's gradient (L2 over the layer's units), averaged over real and
  fake examples. The output's is then 1: every curve starts at log10 = 0, whatever the batch size;
- post-ReLU activations from input side to output side, the output last; base 10;
- histograms hold weight matrices alone by default (biases start at 0 and would hide the rest).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gen_core.errors import ProbeError
from gen_core.exploration.plane import critic_of, fixed_batch, in_plane, points
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.recipes.settings import Setting

__all__ = ["activation_gradients", "layer_gradients", "weight_histogram"]

SMALLEST = 1e-45  # float32's smallest subnormal: what a layer that no gradient reaches reads


def activation_gradients(critic: Any, x: Tensor) -> list[Tensor]:  # noqa: ANN401
    """Return each example's gradient of D(x) with respect to each layer's activation.

    The loss of a fake point is D, of a real one -D: their gradients differ by the sign alone.

    Args:
        critic: Has ``activations(x)``: every post-ReLU activation, the output last.
        x: Points, ``(B, 2)``.

    Returns:
        One ``(B, units)`` tensor per activation, from input side to output side.
    """
    with torch.enable_grad():
        # a leaf input keeps the graph alive even when every parameter is frozen
        activations = critic.activations(x.detach().requires_grad_())
        return list(torch.autograd.grad(activations[-1].sum(), activations))


@probe("layer_gradients", every=0.25, settings={"n": points(256)}, suits=in_plane)
def layer_gradients(view: View, settings: Settings, size: int) -> Arrays:
    """Show how the gradient of the critic's loss grows or vanishes from layer to layer.

    Returns:
        ``log10_norm`` ``(L,)``: log10 of the mean gradient norm per activation, from input side
        to output side; -45 where no gradient arrives.

    Raises:
        ProbeError: The critic does not show its activations.
    """
    critic = critic_of(view)
    if not hasattr(critic, "activations"):
        raise ProbeError(
            "a critic with activations()", type(critic).__name__, "Choose another probe."
        )
    real, fake = fixed_batch(view, settings["n"])
    gradients = activation_gradients(critic, torch.cat((real, fake)))
    # a square of 1e-25 is 0 in float32, so norms are taken in float64
    norms = [g.cpu().double().reshape(len(g), -1).norm(dim=1).mean() for g in gradients]
    return {"log10_norm": torch.stack(norms).clamp_min(SMALLEST).log10().float().numpy()}


@probe(
    "weight_histogram",
    every=1.0,
    settings={
        "model": Setting(
            "",
            "the figure shows the critic's",
            hint="Which model; empty for the critic, or the first where there is none",
        ),
        "parameters": Setting(
            "weights",
            "biases start at 0 and would hide the rest",
            choices=("weights", "all"),
            hint="Weight matrices alone, or biases too",
        ),
        "bins": Setting(
            61,
            "odd, so that 0 has a bin of its own; the figure's number is not stated",
            low=5,
            high=401,
            unit="bins",
            hint="Number of equal bins",
        ),
    },
)
def weight_histogram(view: View, settings: Settings, size: int) -> Arrays:
    """Show where a model's weights lie: clipping piles them up at the two ends.

    Returns:
        ``counts`` ``(bins,)`` int32 over all layers; ``edges`` ``(bins + 1,)``, equal bins over
        plus and minus the largest absolute value.

    Raises:
        ProbeError: The lane has no such model.
    """
    values = _weights(_named(view.models, settings["model"]), settings["parameters"])
    finite = values[torch.isfinite(values)]
    top = float(finite.abs().max()) if finite.numel() else 0.0
    top = top or 1.0  # a model of zeros still needs bins of some width
    edges = np.linspace(-top, top, settings["bins"] + 1)
    counts, _ = np.histogram(finite.numpy(), bins=edges)
    return {"counts": counts.astype(np.int32), "edges": edges.astype(np.float32)}


def _named(models: Mapping[str, nn.Module], name: str) -> nn.Module:
    wanted = (name,) if name else ("critic", "discriminator", *models)
    found = next((models[key] for key in wanted if key in models), None)
    if found is None:
        raise ProbeError(
            f"a model ({', '.join(models) or 'the lane has none'})",
            repr(name)[:60],
            "Choose one of these.",
        )
    return found


def _weights(model: nn.Module, which: str) -> Tensor:
    chosen = [
        value.detach().cpu().double().reshape(-1)
        for value in model.parameters()
        if which == "all" or value.ndim >= 2
    ]
    return torch.cat(chosen) if chosen else torch.zeros(0, dtype=torch.float64)
