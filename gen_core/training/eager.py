"""torch's optimisers without torch's compiler, which they load to keep it off themselves.

The first optimiser of a process and its first step import ``torch._dynamo``: seconds of processor
time and megabytes of memory, paid by every worker and every command, though nothing is compiled
here. These classes are torch's own and compute the same bits; only the calls into the compiler are
left out. Where torch is built otherwise, they load it as before.
"""

from inspect import unwrap

import torch
from torch.optim import Adagrad as _Adagrad
from torch.optim import Adam as _Adam
from torch.optim import Optimizer
from torch.optim import RMSprop as _RMSprop

__all__ = ["Adagrad", "Adam", "RMSprop"]


class Adagrad(_Adagrad):
    """:class:`torch.optim.Adagrad`."""

    step = torch.no_grad()(unwrap(_Adagrad.step))


class Adam(_Adam):
    """:class:`torch.optim.Adam`."""

    step = torch.no_grad()(unwrap(_Adam.step))


class RMSprop(_RMSprop):
    """:class:`torch.optim.RMSprop`."""

    step = torch.no_grad()(unwrap(_RMSprop.step))


def _leave_as_they_are() -> None:
    """Say of what torch hides from its compiler that it is hidden already (torch/_compile.py)."""
    for hidden in (
        Optimizer.add_param_group,
        Optimizer.load_state_dict,
        Optimizer.state_dict,
        Optimizer.zero_grad,
    ):
        method = unwrap(hidden)
        vars(method)["__dynamo_disable"] = method


_leave_as_they_are()
