"""What is measured of models of pictures: likelihoods, bounded or exact, and codes."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from gen_core.data.image_forms import Form
from gen_core.evaluation.figures import Progress, Scope
from gen_core.evaluation.latent import CodeError, code_error
from gen_core.evaluation.likelihood import Bounded, Exact, importance_weighted
from gen_core.recipes.measures import Evaluation, Metric, View
from gen_core.training.seeding import uniform

__all__ = ["exact_metrics", "latent_evaluations", "nats_of_a_bit"]


def nats_of_a_bit(image_shape: Sequence[int]) -> float:
    """Return the nats of a picture that make one bit of each sub-pixel, C H W ln 2.

    Args:
        image_shape: Channels, height and width.
    """
    return math.log(2) * math.prod(image_shape)


def exact_metrics(
    likelihood: Callable[[View, Scope], Iterator[Progress[Exact]]], image_shape: Sequence[int]
) -> dict[str, Metric]:
    """Return the negative log-likelihood of the test pictures, in nats and in bits/dim.

    Args:
        likelihood: What measures it, a slice at a time.
        image_shape: Channels, height and width.
    """

    def steps(view: View) -> Iterator[float]:
        for progress in likelihood(view, Scope()):
            if progress.result is not None:
                yield -progress.result.log_p.value

    nats = Metric("−log p of the test pictures", "nats", steps)
    bits = nats.scaled("test_nll", 1 / nats_of_a_bit(image_shape), "bits/dim")
    return {"test_nll": nats, "test_bits": bits}


def latent_evaluations(form: Form, model: str) -> dict[str, Evaluation]:
    """Return the bound with its parts, the importance-weighted NLL and the codes' error.

    Args:
        form: Form of the recipe's pictures; without classes the codes are not asked for theirs.
        model: Name of the model, which has ``encode`` and the weights of a
            :class:`~gen_core.objectives.importance.LatentModel`.
    """

    def likelihood(view: View, scope: Scope) -> Iterator[Progress[Bounded]]:
        pictures = view.recipe.dataset()
        x = pictures.pictures("test", 0, scope.pictures or None)
        if getattr(view.recipe, "likelihood", "") == "bernoulli" and pictures.top_level > 1:
            # Bernoulli pixels give grey pictures no likelihood
            x = (uniform(x.shape, 0, "binarise test", 0) < x).float()
        of = cast(Any, view.models[model])
        return importance_weighted(of, x, scope.samples, scope.seed, device=view.device)

    def codes(view: View, scope: Scope) -> Iterator[Progress[CodeError]]:
        of = cast(Any, view.models[model])
        return code_error(
            lambda x: of.encode(x).mu, view.recipe.dataset(), scope.pictures, view.device
        )

    found = {"likelihood": Evaluation("Likelihood of the test pictures", likelihood)}
    if form.n_classes:
        found["codes"] = Evaluation("Neighbours of the test codes", codes)
    return found
