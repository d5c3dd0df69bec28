"""Real NVP of Dinh, Sohl-Dickstein & Bengio 2017 on pictures.

One player, ``flow``: the likelihood is exact, so a round is one step up the log-likelihood of
freshly dequantised pictures. Random streams, each indexed by the lane's step t: ``data``
(pictures), ``dequantise`` (where in its bin a level lies).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from gen_core.data.image_forms import form_of
from gen_core.errors import SettingError
from gen_core.evaluation.figures import Progress, Scope
from gen_core.evaluation.likelihood import Exact, exact
from gen_core.models.flow import evaluating
from gen_core.models.realnvp_images import NORMS, RealNvpImages
from gen_core.nn.coupling_net import CouplingNet
from gen_core.recipes.base import register
from gen_core.recipes.measures import Evaluation, Metric, View
from gen_core.recipes.one_player import PictureRecipe
from gen_core.recipes.picture_evaluations import exact_metrics, nats_of_a_bit
from gen_core.recipes.pictures import data_setting
from gen_core.recipes.settings import Value, setting
from gen_core.training.loop import TrainingState
from gen_core.training.seeding import generator, initialize_, uniform

__all__ = ["RealNvpImagesRecipe", "likelihood_of_test"]

PAPER = "Dinh et al. 2017"
CODE = "real_nvp_multiscale_dataset.py"
CALM = 0.1  # of a network's last gains: couplings begin near the identity
SLICE = 100  # test pictures between two looks at the clock
BOUND = "−log p(x), a bound: one draw of the dequantisation"


@register
@dataclass(frozen=True)
class RealNvpImagesRecipe(PictureRecipe):
    """An exact likelihood of pictures through the multi-scale flow.

    Variants: ``digits`` (8 x 8, live), ``mnist`` (28 x 28, 256 levels), ``rooms-16`` and
    ``rooms-32``; sized for one core, the last and ``mnist`` by guess. A minute of one thread takes
    digits from the 4.09 bits/dim of a uniform guess to 2.10 +- 0.02 on test pictures (1.93 on
    training pictures: 1437 are few), and 16 x 16 rooms from 8 to 2.64 +- 0.01.

    Deviations from the paper: narrower and shallower networks (32 maps and 4 blocks for 32 x 32
    pictures there); no L2 term on the gains; no flips; a gradient longer than 100 is shortened as
    in the code; ``mnist`` stops at 7 x 7, an odd side that has no half, where the paper goes on
    until 4 x 4.
    """

    stem: ClassVar[str] = "realnvp_images"
    player: ClassVar[str] = "flow"
    paper: ClassVar[str] = (
        "Dinh, Sohl-Dickstein & Bengio 2017, Density estimation using Real NVP, ICLR"
    )
    variants: ClassVar[Mapping[str, Mapping[str, Value]]] = {
        "digits": {},
        "mnist": {"data": "mnist-256", "scales": 3},
        "rooms-16": {"data": "rooms-16", "scales": 3},
        "rooms-32": {"data": "rooms-32", "scales": 4, "width": 12},
    }
    default_probes: ClassVar[tuple[str, ...]] = ("flow_pictures", "compression")
    curves: ClassVar[Mapping[str, tuple[str, str]]] = {
        "nll": ("Negative log-likelihood −log p(x)", "nats"),
        "bits": ("Bits of a sub-pixel", "bits/dim"),
        "gradient_norm": ("Length of the gradient", ""),
    }

    data: str = data_setting("digits", "observed: trains in a minute on a CPU")
    scales: int = setting(
        2,
        f"{PAPER}, section 3.6: until 4 x 4; 28 x 28 pictures end at 7 x 7",
        low=1,
        high=6,
        symbol="L",
        hint="Scales; all but the last halve the sides.",
    )
    width: int = setting(
        16,
        f"observed: as good as 24 in a minute of one core, with half the weights; 32 in {PAPER}",
        low=1,
        high=512,
        hint="Maps of a coupling's network at the first scale; doubled at each further one.",
    )
    blocks: int = setting(
        1,
        f"sized for one core; 4 for 32 x 32 in {PAPER}",
        low=0,
        high=16,
        hint="Residual blocks of a coupling's network.",
    )
    alpha: float = setting(
        0.05,
        f"{PAPER}, section 4.1",
        low=1e-6,
        high=0.49,
        symbol="α",
        log=True,
        hint="Margin that keeps pixels away from 0 and 1, where the logit is infinite.",
    )
    norm: str = setting(
        "lagged",
        f"{PAPER}, appendix E; observed on digits: as good as batch, 2.10 bits in a minute",
        choices=NORMS,
        hint="Batch normalisation after each coupling.",
    )
    batch_norm: bool = setting(
        True,
        f"{PAPER}, section 3.7",
        hint="Batch normalisation inside the couplings' networks.",
    )
    batch: int = setting(64, f"{PAPER}, section 4.1", low=1, high=512, hint="Pictures.")
    learning_rate: float = setting(
        3e-3,
        f"observed on digits: 2.19 bits after 20 s, 2.27 at the 1e-3 of {CODE}",
        low=1e-6,
        high=0.1,
        symbol="η",
        hint="Step size of Adam.",
        hot=True,
        log=True,
    )
    decay: float = setting(
        1.0,
        "the paper has none",
        low=0.99,
        high=1.0,
        hint="Factor on the rate at each step; 1 for none.",
    )
    max_norm: float = setting(
        100.0,
        CODE,
        low=1e-3,
        high=1e6,
        hot=True,
        log=True,
        hint="Longest gradient that a step takes; a longer one is shortened to it.",
    )

    def build(self, seed: int, device: torch.device) -> dict[str, nn.Module]:
        """Return the model ``flow``, initialised from the seed.

        Raises:
            SettingError: The sides of the pictures cannot be halved so often, or a batch leaves
                batch normalisation a single number.
        """
        form = form_of(self.data)
        _, height, width = form.image_shape
        last = (height * width) >> (2 * (self.scales - 1))
        if self.batch_norm and self.batch * last == 1:
            raise SettingError(
                "a batch of two pictures or more where the last scale is a single pixel",
                self.batch,
                "Choose a larger batch, or fewer scales.",
            )
        model = RealNvpImages(
            form.image_shape,
            form.top_level,
            self.scales,
            self.width,
            self.blocks,
            self.alpha,
            self.norm,
            self.batch_norm,
        )
        initialize_(model, seed, "flow")
        with torch.no_grad():
            for part in model.modules():
                if isinstance(part, CouplingNet):
                    part.last.gain.mul_(CALM)
        return {"flow": model.to(device)}

    def update(self, player: str, state: TrainingState) -> dict[str, Tensor]:
        """Do one step on -log p(x) of a freshly dequantised batch."""
        model, optimizer = cast(RealNvpImages, state.models["flow"]), state.optimizers["flow"]
        x = self.dataset().batch(self.batch, generator(state.seed, "data", state.t))
        noise = uniform(x.shape, state.seed, "dequantise", state.t, state.device)
        nll = -model.log_prob(x.to(state.device), noise).mean()
        for group in optimizer.param_groups:
            group["lr"] = self.learning_rate * self.decay**state.t
        optimizer.zero_grad()
        nll.backward()
        norm = clip_grad_norm_(model.parameters(), self.max_norm)
        optimizer.step()
        found = nll.detach()
        return {"nll": found, "bits": found / nats_of_a_bit(x.shape[1:]), "gradient_norm": norm}

    def metrics(self) -> dict[str, Metric]:
        """Return the negative log-likelihood of the test pictures, in two units."""
        return exact_metrics(likelihood_of_test, form_of(self.data).image_shape)

    def evaluations(self) -> dict[str, Evaluation]:
        """Return the likelihood of the test pictures."""
        return {"likelihood": Evaluation("Likelihood of the test pictures", likelihood_of_test)}


def likelihood_of_test(view: View, scope: Scope) -> Iterator[Progress[Exact]]:
    """Measure the likelihood of the test pictures, a slice at a time, in evaluation mode.

    One draw of the dequantisation for each picture, as in the public code.

    Args:
        view: A lane of this recipe.
        scope: How many pictures, and the seed of the draws.

    Yields:
        The mean so far after each slice.
    """
    recipe, model = (
        cast(RealNvpImagesRecipe, view.recipe),
        cast(RealNvpImages, view.models["flow"]),
    )
    x = recipe.dataset().pictures("test", 0, scope.pictures or None)
    drawn = iter(range(0, len(x), SLICE))

    def log_prob(some: Tensor) -> Tensor:
        noise = uniform(some.shape, scope.seed, "dequantise test", next(drawn), view.device)
        with evaluating(model):
            return model.log_prob(some, noise)

    return exact(log_prob, x, None, SLICE, view.device, BOUND)
