"""Snapshots: the whole state of a training as safetensors bytes, bit for bit.

Tensors are named ``models/<model>/<entry>`` and ``optimizers/<player>/<slot>/<parameter>``;
the header carries recipe, seed, t, round, position, schedule and the log of edits. As randomness
is indexed by (seed, stream, t), no generator state is needed: resuming equals never stopping.
Nothing that can run code is ever read.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.optim import Optimizer

from gen_core.errors import SettingError, SnapshotError
from gen_core.training.devices import choose
from gen_core.training.loop import Edit, TrainingState
from gen_core.training.updates import Trainable

__all__ = ["header", "restore", "take"]

FORMAT = 1
Maker = Callable[[str, str, Mapping[str, object]], Trainable]


def take(state: TrainingState) -> bytes:
    """Return the state as safetensors bytes; the state is left as it is."""
    tensors: dict[str, Tensor] = {}
    for name, model in state.models.items():
        for entry, value in model.state_dict().items():
            tensors[f"models/{name}/{entry}"] = _own(value)
    for player, optimizer in state.optimizers.items():
        for index, slots in optimizer.state_dict()["state"].items():
            for slot, value in slots.items():
                tensors[f"optimizers/{player}/{slot}/{index}"] = _own(torch.as_tensor(value))
    return save(tensors, {"snapshot": json.dumps(_describe(state))})


def header(data: bytes) -> dict[str, Any]:
    """Read what a snapshot says of itself: recipe, seed, t, round, log.

    Raises:
        SnapshotError: The bytes are no snapshot of this format.
    """
    try:
        size = int.from_bytes(data[:8], "little")
        if len(data) < 8 or size > len(data) - 8:
            raise ValueError("cut short")
        described = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["snapshot"])
    except (ValueError, KeyError, TypeError, UnicodeDecodeError, RecursionError) as error:
        raise SnapshotError(
            "a snapshot in safetensors format", f"{len(data)} bytes of another kind", "Save again."
        ) from error
    found = described.get("format") if isinstance(described, dict) else None
    if found != FORMAT:
        raise SnapshotError(f"a snapshot of format {FORMAT}", found, "Save it anew.")
    return described


def restore(data: bytes, make: Maker, device: str | torch.device = "cpu") -> TrainingState:
    """Rebuild a state that goes on exactly as the one that was taken.

    Args:
        data: What :func:`take` returned.
        make: Builds a recipe from stem, variant and overrides
            (:func:`gen_core.recipes.base.make`).
        device: Where the models shall live.

    Raises:
        SnapshotError: The bytes are damaged, or hold another model's tensors.
    """
    known = header(data)
    where = choose(device) if isinstance(device, str) else device
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise SnapshotError("a whole snapshot", str(error), "Save it anew.") from error
    try:
        state = _rebuild(known, make, where)
    except SettingError as error:
        raise SnapshotError(error.expected, error.got, "It is of another version.") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SnapshotError(
            "recipe, seed, counters and edits in the header", repr(error)[:60], "Save it anew."
        ) from error
    for name, model in state.models.items():
        _fill_model(name, model, tensors)
    for player, optimizer in state.optimizers.items():
        moved = state.round > 0 or player in state.schedule[: state.position]
        _fill_optimizer(player, optimizer, tensors, moved)
    return state


def _rebuild(known: Mapping[str, Any], make: Maker, device: torch.device) -> TrainingState:
    recipe = known["recipe"]
    made = make(recipe["stem"], recipe["variant"], recipe["overrides"])
    state = TrainingState.start(made, int(known["seed"]), device)
    for entry in known["log"]:
        state.edit(entry["name"], entry["value"])
    state.log = [Edit(**entry) for entry in known["log"]]
    state.t, state.round = int(known["t"]), int(known["round"])
    state.position, state.schedule = int(known["position"]), tuple(known["schedule"])
    stands = 0 <= state.position < len(state.schedule) and min(state.t, state.round) >= 0
    if not stands or not set(state.schedule) <= set(state.optimizers):
        raise ValueError(f"position {state.position} of {len(state.schedule)}")
    return state


def _describe(state: TrainingState) -> dict[str, object]:
    return {
        "format": FORMAT,
        "recipe": state.base.outside(),
        "seed": state.seed,
        "t": state.t,
        "round": state.round,
        "position": state.position,
        "schedule": list(state.schedule),
        "log": [asdict(made) for made in state.log],
    }


def _own(value: Tensor) -> Tensor:
    return value.detach().cpu().clone().contiguous()


def _fill_model(name: str, model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    prefix = f"models/{name}/"
    own = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
    expected = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    found = {key: tuple(value.shape) for key, value in own.items()}
    if expected != found:
        odd = sorted(expected.items() ^ found.items())[:2]
        raise SnapshotError(f"the tensors of {name}", f"a difference at {odd}", "Load its own.")
    model.load_state_dict(own)


def _fill_optimizer(
    player: str, optimizer: Optimizer, tensors: Mapping[str, Tensor], moved: bool
) -> None:
    prefix = f"optimizers/{player}/"
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    slots: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        if not key.startswith(prefix):
            continue
        slot, _, index = key[len(prefix) :].partition("/")
        fits = index.isdecimal() and int(index) < len(parameters)
        if not fits or (value.ndim and value.shape != parameters[int(index)].shape):
            raise SnapshotError(
                f"the optimiser of {player}", f"a difference at {key}", "Load its own."
            )
        if value.ndim:  # a fused step walks parameter and moments in memory order
            laid_out = torch.empty_like(parameters[int(index)], dtype=value.dtype, device="cpu")
            value = laid_out.copy_(value)
        slots.setdefault(int(index), {})[slot] = value
    if (slots or moved) and len(slots) < len(parameters):
        got = f"{len(slots)} of {len(parameters)} entries"
        raise SnapshotError(f"the optimiser of {player}", got, "Load its own.")
    own = optimizer.state_dict()
    own["state"] = slots
    optimizer.load_state_dict(own)
