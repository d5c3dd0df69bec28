"""One update in slow motion: the stages of the reference update, on a copy of the models.

The data, the noise and epsilon of step t depend on (seed, stream, t) alone, so the points shown
are those that the next update draws. The optimiser of the copy is a fresh one: what the update
does to the weights is left to the real update.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from gen_core.errors import ProbeError
from gen_core.exploration.plane import points
from gen_core.exploration.registry import Arrays, Settings, View, probe
from gen_core.recipes.base import Stage
from gen_core.recipes.settings import Setting
from gen_core.recipes.two_player import TwoPlayerRecipe
from gen_core.training.loop import TrainingState

__all__ = ["stages"]

LAST = "step"
PLAYER = Setting(
    "opponent",
    "algorithm 1 begins with the critic",
    choices=("opponent", "generator"),
    hint="Whose update: the critic's (or discriminator's), or the generator's",
)


def _walks(recipe: object) -> bool:
    return isinstance(recipe, TwoPlayerRecipe)


@probe("stages", settings={"player": PLAYER, "n": points(24)}, slow=True, suits=_walks)
def stages(view: View, settings: Settings, size: int) -> Iterator[Arrays]:
    """Walk the stages of the next update of one player; each slice adds one stage.

    Yields:
        Per tensor of a stage ``stage.tensor``: of a batch its first n points, ``(n,)`` or
        ``(n, 2)``, and for ``(B,)`` the mean over the whole batch, 0-d, as ``stage.tensor.mean``.
        ``backward.pull`` ``(n, 2)`` is -∂loss/∂x̃ of each generated point: where it is to move.
        ``progress`` is 1 at the stage ``step``.

    Raises:
        ProbeError: The lane has no such player (a generator that is held fixed).
    """
    recipe = view.recipe
    player = recipe.player if settings["player"] == "opponent" else "generator"
    if player not in view.models:
        remedy = "The generator is held fixed here: walk the critic's update."
        raise ProbeError(f"a lane with a {player}", ", ".join(view.models), remedy)
    models = dict(view.models)
    state = TrainingState(
        recipe, view.seed, view.device, models, recipe.optimizers(models), base=recipe, t=view.t
    )
    arrays: Arrays = {}
    walk = recipe.reference_update(player, state)
    for count in range(1, 100):
        with torch.enable_grad():  # per slice: it would not survive a yield
            stage = next(walk)
        last = stage.name == LAST
        arrays = arrays | _shown(stage, settings["n"], recipe.batch)
        yield arrays | {"progress": np.asarray(1 if last else 1 - 0.5**count, np.float32)}
        if last:
            return


def _shown(stage: Stage, n: int, batch: int) -> Arrays:
    """Return a stage's tensors as arrays, cut to n points, with the means of per-point numbers."""
    shown: Arrays = {}
    for name, tensor in stage.tensors.items():
        key = f"{stage.name}.{name}"
        shown[key] = _array(tensor[:n] if tensor.ndim else tensor)
        if tensor.ndim == 1:
            shown[f"{key}.mean"] = _array(tensor.mean())
        if key == "backward.gradient":  # of the mean loss: times B it is a point's own
            shown["backward.pull"] = _array(-batch * tensor[:n])
            shown["backward.pull.mean"] = _array(batch * tensor.norm(dim=1).mean())
    return shown


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().to("cpu", torch.float32, copy=True).contiguous().numpy()
