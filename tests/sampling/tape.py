"""A tape in place of CUDA graphs, on any device: what one would record, and would not stand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

# They bring a value to Python, or one from Python to the device: a capture ends in an error.
WAITING = {
    "_local_scalar_dense",
    "equal",
    "is_nonzero",
    "item",
    "lift_fresh",
    "masked_select",
    "nonzero",
    "unique",
}


class Tape(TorchDispatchMode):
    """Calls with the very tensors that they read and write.

    What a call makes is filled with NaN afterwards, as if nothing had run: a graph that is being
    captured does not run either.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Callable[..., Any], tuple, dict, list[Tensor]]] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run a call and note it."""
        assert func.overloadpacket.__name__ not in WAITING, f"a graph cannot hold {func}"
        found = func(*args, **(kwargs or {}))
        # a parameter may be given other values elsewhere: a graph would not follow it
        args, kwargs = tree_map_only(Tensor, Tensor.detach, (args, kwargs or {}))
        self.calls.append((func, args, kwargs, tensors(found)))
        return found

    def forget(self) -> None:
        """Spoil what the calls made, unless it was there before."""
        there: set[int] = set()
        for _, args, kwargs, made in self.calls:
            there |= {storage(each) for each in tensors((args, kwargs))}
            for each in made:
                if storage(each) not in there and each.is_floating_point():
                    each.fill_(float("nan"))
                there.add(storage(each))

    def replay(self) -> None:
        """Do all of it again, into the same places."""
        for func, args, kwargs, made in self.calls:
            for place, again in zip(made, tensors(func(*args, **kwargs)), strict=True):
                if storage(place) != storage(again):
                    place.copy_(again)


class Tapes:
    """A recorder whose graphs are tapes."""

    def __init__(self) -> None:
        self.recorded = 0

    @contextmanager
    def record(self) -> Iterator[Callable[[], None]]:
        """Record what is called inside."""
        with Tape() as tape:
            yield tape.replay
        tape.forget()
        self.recorded += 1


def tensors(found: object) -> list[Tensor]:
    return [each for each in tree_leaves(found) if isinstance(each, Tensor)]


def storage(of: Tensor) -> int:
    return of.untyped_storage().data_ptr()
