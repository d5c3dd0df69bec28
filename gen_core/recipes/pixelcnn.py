"""PixelCNN in its three forms: masked, gated, and with the output of PixelCNN++.

One player, ``pixelcnn``: the likelihood is exact, so a round is one step up the log-likelihood.
Where papers and public code disagree, the small PixelVAE code (igul222/PixelVAE,
``mnist_pixelvae_train.py``) and kundan2510/pixelCNN decide: both were written for MNIST.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

import torch
from torch import Tensor, nn

from gen_core.data.image_forms import form_of
from gen_core.data.images import ImageSource, source
from gen_core.evaluation.figures import Progress, Scope
from gen_core.evaluation.likelihood import Exact, exact
from gen_core.models.pixelcnn import ARCHITECTURES, OUTPUTS, PixelCnn
from gen_core.recipes.base import register
from gen_core.recipes.measures import Evaluation, Metric, View
from gen_core.recipes.one_player import PictureRecipe
from gen_core.recipes.picture_evaluations import exact_metrics, nats_of_a_bit
from gen_core.recipes.pictures import data_setting
from gen_core.recipes.settings import Value, setting
from gen_core.training.precision import PRECISIONS, autocast
from gen_core.training.seeding import generator, initialize_

if TYPE_CHECKING:
    from gen_core.training.loop import TrainingState

__all__ = ["PixelCnnRecipe", "likelihood_of_test"]

PIXELRNN = "van den Oord et al. 2016a"
GATED = "van den Oord et al. 2016b"
PLUS = "Salimans et al. 2017"
PIXELVAE = "igul222/PixelVAE, mnist_pixelvae_train.py"
SLICE = 12  # test pictures between two looks at the clock: painting waits no longer


MNIST: Mapping[str, Value] = {
    "data": "mnist-binary",
    "width": 16,  # igul222/PixelVAE, README: the best command
    "depth": 6,  # half of that command's, so that one core trains it in an hour
    "kernel": 5,
    "first_kernel": 7,
    "batch": 20,  # observed: at a fixed time many small steps learn most
    "decay": 0.9998,  # observed: to a tenth of the rate in 11 500 updates
}


@register
@dataclass(frozen=True)
class PixelCnnRecipe(PictureRecipe):
    """An exact likelihood of pictures, pixel by pixel.

    Variants: ``gated`` (two stacks, on the digits), ``masked`` (one stack with its blind spot),
    ``logistic`` (the gated net under PixelCNN++'s discretised mixture of logistics), ``mnist``
    (gated, binarised anew for each batch, at the size of the checkpoint that ships),
    ``mnist-classes`` (the same, given the class; binarised anew as in F. Ahmed's thesis, 4.2.2,
    since the published static files have no labels).

    Deviations from the papers: Adam in place of RMSProp with rates set by hand; weights start from
    the house's law, shared by all recipes; pictures are drawn with replacement.
    """

    stem: ClassVar[str] = "pixelcnn"
    player: ClassVar[str] = "pixelcnn"
    paper: ClassVar[str] = (
        "van den Oord et al. 2016, Conditional Image Generation with PixelCNN Decoders,"
        " arXiv 1606.05328"
    )
    variants: ClassVar[Mapping[str, Mapping[str, Value]]] = {
        "gated": {},
        "masked": {"architecture": "masked", "kernel": 3},  # 2016a, table 1: 3 x 3 under mask B
        "logistic": {"output": "logistic"},
        "mnist": MNIST,
        "mnist-classes": {**MNIST, "conditional": True},
    }
    default_probes: ClassVar[tuple[str, ...]] = ("masks", "receptive_field")
    curves: ClassVar[Mapping[str, tuple[str, str]]] = {
        "nll": ("Negative log-likelihood −log p(x)", "nats"),
        "bits": ("Bits of a sub-pixel", "bits/dim"),
    }

    data: str = data_setting("digits", "observed: trains in a minute on a CPU")
    architecture: str = setting(
        "gated",
        f"{GATED}, figure 2: closes the blind spot",
        choices=ARCHITECTURES,
        hint="Two gated stacks, or one masked stack.",
    )
    output: str = setting(
        "softmax",
        f"{PIXELRNN}, section 2.2; a Bernoulli where there are two levels",
        choices=OUTPUTS,
        symbol="p(x_i)",
        hint="Distribution over a pixel's levels.",
    )
    conditional: bool = setting(
        False,
        f"{GATED}, section 2.3: a one-hot class in every gate",
        symbol="h",
        hint="Whether the class is given.",
    )
    width: int = setting(
        24,
        "observed: 84 nats on the digits in a minute",
        low=3,
        high=512,
        symbol="p",
        hint="Maps of a stack.",
    )
    depth: int = setting(
        3, "observed: reaches over the whole 8 x 8 picture", low=0, high=32, hint="Layers."
    )
    first_kernel: int = setting(
        5, "observed: 8 x 8 pictures; 7 in the papers", low=3, high=15, hint="First kernel's side."
    )
    kernel: int = setting(
        3, "observed: 8 x 8 pictures; 5 in the gated paper", low=3, high=9, hint="Kernels' side."
    )
    n_mix: int = setting(
        5, f"{PLUS}, section 2.1", low=1, high=20, symbol="K", hint="Logistics of a mixture."
    )
    weight_norm: bool = setting(
        False, f"observed: no gain at this size; {PLUS} and {PIXELVAE} have it", hint="g v / ‖v‖."
    )
    batch: int = setting(
        32, "observed: more steps in a minute; 16 in 2016a", low=1, high=512, hint="Pictures."
    )
    learning_rate: float = setting(
        1e-3,
        f"kundan2510/pixelCNN; {PIXELVAE}",
        low=1e-6,
        high=0.1,
        symbol="α",
        hint="Step size of Adam.",
        hot=True,
        log=True,
    )
    decay: float = setting(
        1.0,
        f"{PLUS}, public code: 0.999995 a step; 1 for none",
        low=0.99,
        high=1.0,
        hint="Factor on the rate at each step.",
    )
    clip: float = setting(
        1.0,
        f"kundan2510/pixelCNN; {PIXELVAE}: each element to [-1, 1]",
        low=1e-3,
        high=1e3,
        hint="Largest element of a gradient.",
        log=True,
    )
    precision: str = setting(
        "float32",
        "observed: bfloat16 is faster only where the processor has it",
        choices=PRECISIONS,
        hint="Number format of the convolutions.",
    )

    def build(self, seed: int, device: torch.device) -> dict[str, nn.Module]:
        """Return the model ``pixelcnn``, initialised from the seed."""
        form = form_of(self.data)
        if self.conditional and not form.n_classes:
            self.dataset()  # says what is missing
        model = PixelCnn(
            form.image_shape,
            form.top_level,
            self.architecture,
            self.output,
            self._width(form.image_shape[0]),
            self.depth,
            self.first_kernel,
            self.kernel,
            form.n_classes if self.conditional else 0,
            self.n_mix,
            self.weight_norm,
        )
        initialize_(model, seed, "pixelcnn")
        return {"pixelcnn": model.to(device)}

    def _width(self, channels: int) -> int:
        """Return the width, rounded up to what the colours can share."""
        colours = 1 if self.output == "logistic" else channels
        return -(-self.width // colours) * colours

    def update(self, player: str, state: "TrainingState") -> dict[str, Tensor]:
        """Do one step on -log p(x), gradients clipped element by element."""
        model = cast(PixelCnn, state.models["pixelcnn"])
        optimizer = state.optimizers["pixelcnn"]
        random = generator(state.seed, "data", state.t)
        data, labels = self.dataset(), None
        if self.conditional:
            x, labels = data.labelled_batch(self.batch, random)
            labels = labels.to(state.device)
        else:
            x = data.batch(self.batch, random)
        x = x.to(state.device)
        with autocast(state.device, self.precision):
            distribution = model(x, labels)
        nll = -distribution.log_prob(x).mean()
        optimizer.zero_grad()
        nll.backward()
        nn.utils.clip_grad_value_(model.parameters(), self.clip)
        for group in optimizer.param_groups:
            group["lr"] = self.learning_rate * self.decay**state.t
        optimizer.step()
        return {"nll": nll.detach(), "bits": nll.detach() / nats_of_a_bit(x.shape[1:])}

    def dataset(self) -> ImageSource:
        """Return the pictures."""
        pictures = source(self.data)
        if self.conditional:
            pictures.labels("train")  # says what is wrong before a model is built
        return pictures

    def metrics(self) -> dict[str, Metric]:
        """Return the exact negative log-likelihood of the test pictures, in two units."""
        return exact_metrics(likelihood_of_test, form_of(self.data).image_shape)

    def evaluations(self) -> dict[str, Evaluation]:
        """Return the exact likelihood of the test pictures."""
        return {"likelihood": Evaluation("Likelihood of the test pictures", likelihood_of_test)}


def likelihood_of_test(view: View, scope: Scope) -> Iterator[Progress[Exact]]:
    """Measure the exact likelihood of the test pictures, a slice at a time.

    Args:
        view: A lane of a PixelCNN; a class-conditional one is given the true class.
        scope: How many pictures.

    Yields:
        The mean so far after each slice.
    """
    recipe, model = cast(PixelCnnRecipe, view.recipe), cast(PixelCnn, view.models["pixelcnn"])
    data, stop = recipe.dataset(), scope.pictures or None
    labels = data.labels("test")[:stop] if recipe.conditional else None

    def log_prob(x: Tensor, given: Tensor | None = None) -> Tensor:
        return cast(Tensor, model(x, given).log_prob(x))

    return exact(log_prob, data.pictures("test", 0, stop), labels, SLICE, view.device)
