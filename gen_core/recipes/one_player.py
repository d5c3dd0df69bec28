"""What recipes of one player share: a round is one update, and the data are pictures with a code.

The model is trained by Adam on one objective. Where a recipe says its update stage by stage, the
update is that, to its end.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from torch import Tensor, nn
from torch.optim import Optimizer

from gen_core.data.image_forms import Form, form_of
from gen_core.data.images import ImageSource, source
from gen_core.recipes.base import Recipe
from gen_core.recipes.measures import Evaluation, Metric
from gen_core.recipes.picture_codes import code_metric
from gen_core.recipes.picture_evaluations import latent_evaluations
from gen_core.training.optimizers import make_optimizer

if TYPE_CHECKING:
    from gen_core.training.loop import TrainingState

__all__ = ["CodeRecipe", "OnePlayerRecipe", "PictureRecipe"]


class OnePlayerRecipe(Recipe):
    """One model, one optimiser; the subclass has a setting ``learning_rate``.

    Attributes:
        player: Name of the model and of its optimiser.
    """

    player: ClassVar[str]
    learning_rate: float

    def optimizers(self, models: Mapping[str, nn.Module]) -> dict[str, Optimizer]:
        """Return Adam for the only player."""
        own = models[self.player].parameters()
        return {self.player: make_optimizer("adam", own, self.learning_rate, (0.9, 0.999))}

    def schedule(self, round: int) -> tuple[str, ...]:
        """Return the only player: a round is one update."""
        return (self.player,)

    def apply(self, state: "TrainingState") -> None:
        """Carry the learning rate into the optimiser; all else is read at each update."""
        for group in state.optimizers[self.player].param_groups:
            group["lr"] = self.learning_rate

    def update(self, player: str, state: "TrainingState") -> dict[str, Tensor]:
        """Do the reference update to its end; return what its last stage tells."""
        *_, last = self.reference_update(player, state)
        return dict(last.tensors)


class PictureRecipe(OnePlayerRecipe):
    """A model of pictures; the subclass has a setting ``data``."""

    data: str

    def dataset(self) -> ImageSource:
        """Return the pictures that ``data`` names."""
        return source(self.data)


class CodeRecipe(PictureRecipe):
    """A VAE of pictures with one code, which climbs the evidence lower bound."""

    curves: ClassVar[Mapping[str, tuple[str, str]]] = {
        "elbo": ("Evidence lower bound", "nats"),
        "reconstruction": ("Reconstruction error −log p(x|z)", "nats"),
        "kl": ("KL(q(z|x) ‖ p(z))", "nats"),
    }

    def picture_form(self) -> Form:
        """Return the form of the pictures, with the classes that neighbours may vote for."""
        return form_of(self.data)

    def metrics(self) -> dict[str, Metric]:
        """Return the nearest-neighbour error of the codes, where pictures have classes."""
        return code_metric(self.picture_form(), self.player)

    def evaluations(self) -> dict[str, Evaluation]:
        """Return the bound with its parts and the NLL, and the codes' error where it exists."""
        return latent_evaluations(self.picture_form(), self.player)
