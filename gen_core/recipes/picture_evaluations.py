"""What is measured of a checkpoint with a latent code: its likelihood, bounded, and its codes."""

from collections.abc import Iterator
from typing import Any, cast

from gen_core.data.image_forms import Form
from gen_core.evaluation.figures import Progress, Scope
from gen_core.evaluation.latent import CodeError, code_error
from gen_core.evaluation.likelihood import Bounded, importance_weighted
from gen_core.recipes.measures import Evaluation, View
from gen_core.training.seeding import uniform

__all__ = ["latent_evaluations"]


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
