"""Isolation: whatever runs inside leaves training exactly as it found it.

Watching changes no number. Inside :func:`isolated` a probe may draw from the global generators,
switch modes, freeze parameters, fill ``.grad`` or even write into a weight: all of it is put back
when the block ends, also when it ends by an exception. Values that nobody touched are not written
to, so that no autograd graph or captured CUDA graph of training notices.
"""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

__all__ = ["isolated"]

_inside: ContextVar[frozenset[int]] = ContextVar("isolated_models", default=frozenset())


@contextmanager
def isolated(models: Mapping[str, nn.Module]) -> Iterator[None]:
    """Restore everything that a look at the models could change.

    Restored are the global random state of torch (CPU and the models' accelerators), numpy and
    ``random``; autograd's on/off switch; and of every module its training mode, the identity and
    the bits of its parameters and buffers, their ``requires_grad`` and their ``.grad``. Inside,
    ``.grad`` starts as None, so a stray ``backward`` cannot add into training's gradients.

    A block inside a block of the same models adds nothing: the outer one puts everything back, so
    that several looks at one moment pay for one.

    Args:
        models: Modules by name, each with its parameters on one device.

    Example:
        >>> model = nn.Linear(2, 1)
        >>> with isolated({"critic": model.train()}):
        ...     _ = model.eval(), torch.nn.init.zeros_(model.weight), torch.rand(3)
        >>> model.training, bool((model.weight != 0).all())
        (True, True)
    """
    own = frozenset(map(id, models.values()))
    if own <= _inside.get():
        yield
        return
    parts = [part for model in models.values() for part in model.modules()]
    held = [_hold(part) for part in parts]
    entered = _inside.set(_inside.get() | own)
    enabled = torch.is_grad_enabled()
    random_state = _RandomState(held)
    for hold in held:
        for tensor in hold.tensors:
            tensor.tensor.grad = None
    try:
        yield
    finally:
        _inside.reset(entered)
        torch.set_grad_enabled(enabled)
        for part, hold in zip(parts, held, strict=True):
            _put_back(part, hold)
        random_state.put_back()


@dataclass(frozen=True)
class _HeldTensor:
    tensor: Tensor
    value: Tensor
    grad: Tensor | None
    requires_grad: bool


@dataclass(frozen=True)
class _HeldModule:
    training: bool
    parameters: dict[str, nn.Parameter | None]
    buffers: dict[str, Tensor | None]
    tensors: list[_HeldTensor]


def _hold(part: nn.Module) -> _HeldModule:
    own = [*part._parameters.values(), *part._buffers.values()]
    tensors = [
        _HeldTensor(tensor, tensor.detach().clone(), tensor.grad, tensor.requires_grad)
        for tensor in own
        if tensor is not None
    ]
    return _HeldModule(part.training, dict(part._parameters), dict(part._buffers), tensors)


def _put_back(part: nn.Module, hold: _HeldModule) -> None:
    part.training = hold.training
    part._parameters.clear()
    part._parameters.update(hold.parameters)
    part._buffers.clear()
    part._buffers.update(hold.buffers)
    for held in hold.tensors:
        tensor = held.tensor
        if not _same_bits(tensor.detach(), held.value):
            tensor.data.copy_(held.value)
        if tensor.requires_grad != held.requires_grad:
            tensor.requires_grad_(held.requires_grad)
        tensor.grad = held.grad


def _same_bits(now: Tensor, before: Tensor) -> bool:
    # equal() takes 0.0 for -0.0; training could tell them apart by a sign, so compare bits
    if now.shape != before.shape or now.dtype != before.dtype:
        return False
    if now.dtype in (torch.float32, torch.float64) and now.is_contiguous():
        bits = torch.int32 if now.dtype == torch.float32 else torch.int64
        return torch.equal(now.view(bits), before.view(bits))
    return torch.equal(now, before)


class _RandomState:
    """The global random states at one moment."""

    def __init__(self, held: list[_HeldModule]) -> None:
        devices = {tensor.tensor.device for hold in held for tensor in hold.tensors}
        self.cuda = {d: torch.cuda.get_rng_state(d) for d in devices if d.type == "cuda"}
        self.mps = torch.mps.get_rng_state() if any(d.type == "mps" for d in devices) else None
        self.cpu = torch.get_rng_state()
        self.numpy = np.random.get_state()
        self.python = random.getstate()

    def put_back(self) -> None:
        torch.set_rng_state(self.cpu)
        for device, state in self.cuda.items():
            torch.cuda.set_rng_state(state, device)
        if self.mps is not None:
            torch.mps.set_rng_state(self.mps)
        np.random.set_state(self.numpy)
        random.setstate(self.python)
