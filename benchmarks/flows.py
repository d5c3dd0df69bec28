"""Real NVP on the plane: training, density and sampling, against the flow libraries at hand.

All have eight couplings, networks 1 -> 128 -> 128 -> 2 and the same number of weights, the same
batch and the same fused Adam, and take turns call by call in one process. The fastest tenth of
the calls, 200 unless told otherwise, sets the speed: its slowest call counts. Other work on the
machine then falls out, which would cut long calls more often than short ones. Of zuko, normflows
and nflows those are measured that are installed: ``pip install zuko normflows nflows``.
"""

import importlib.util
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gen_core.bijections.base import Chain
from gen_core.errors import CommandError
from gen_core.models.flow import Flow
from gen_core.models.realnvp import VectorRealNvp
from gen_core.training.optimizers import make_optimizer
from gen_core.training.seeding import initialize_

__all__ = ["PEERS", "Contestant", "measure"]

COUPLINGS, WIDTH = 8, 128


@dataclass(frozen=True)
class Contestant:
    """A flow under measurement: parameters, density of points, and n samples."""

    parameters: list[nn.Parameter]
    log_prob: Callable[[Tensor], Tensor]
    sample: Callable[[int], Tensor]


def _ours(chain: bool = False) -> Contestant:
    flow: Flow = VectorRealNvp(2, COUPLINGS, WIDTH, depth=2)
    initialize_(flow, 0, "flow")
    if chain:
        flow = Flow(Chain(list(flow.layers.maps)), 2)
    own = list(flow.parameters())
    return Contestant(own, flow.log_prob, lambda n: flow.sample(torch.randn(n, 2)))


def _zuko() -> Contestant:
    from zuko.distributions import DiagNormal
    from zuko.flows.coupling import GeneralCouplingTransform
    from zuko.lazy import Flow as ZukoFlow
    from zuko.lazy import UnconditionalDistribution

    masks = [torch.tensor([index % 2 == 0, index % 2 == 1]) for index in range(COUPLINGS)]
    layers = [
        GeneralCouplingTransform(2, mask=mask, hidden_features=(WIDTH, WIDTH)) for mask in masks
    ]
    base = UnconditionalDistribution(DiagNormal, torch.zeros(2), torch.ones(2), buffer=True)
    flow = ZukoFlow(layers, base)
    own = list(flow.parameters())
    return Contestant(own, lambda x: flow().log_prob(x), lambda n: flow().sample((n,)))


def _normflows() -> Contestant:
    import normflows

    layers = []
    for _ in range(COUPLINGS):
        network = normflows.nets.MLP([1, WIDTH, WIDTH, 2])
        layers += [
            normflows.flows.AffineCouplingBlock(network),
            normflows.flows.Permute(2, mode="swap"),
        ]
    base = normflows.distributions.DiagGaussian(2, trainable=False)
    flow = normflows.NormalizingFlow(base, layers)
    return Contestant(list(flow.parameters()), flow.log_prob, lambda n: flow.sample(n)[0])


def _nflows() -> Contestant:
    from nflows.distributions.normal import StandardNormal
    from nflows.flows.base import Flow as NFlow
    from nflows.nn.nets import MLP
    from nflows.transforms.base import CompositeTransform
    from nflows.transforms.coupling import AffineCouplingTransform

    class Network(MLP):
        """Their network, called with the context that their coupling always hands on."""

        def forward(self, inputs: Tensor, context: None) -> Tensor:
            return super().forward(inputs)

    def network(inputs: int, outputs: int) -> nn.Module:
        return Network((inputs,), (outputs,), [WIDTH, WIDTH])

    masks = [[(-1) ** index, -((-1) ** index)] for index in range(COUPLINGS)]
    layers = [AffineCouplingTransform(torch.tensor(mask), network) for mask in masks]
    flow = NFlow(CompositeTransform(layers), StandardNormal((2,)))
    return Contestant(list(flow.parameters()), flow.log_prob, flow.sample)


PEERS = {"zuko": _zuko, "normflows": _normflows, "nflows": _nflows}


def measure(batch: int = 256, calls: int = 200, threads: int = 1) -> dict[str, object]:
    """Calls a second of each, and ours over the fastest peer's.

    Raises:
        CommandError: No peer is installed.
    """
    present = [name for name in PEERS if importlib.util.find_spec(name)]
    if not present:
        wanted = f"one of {', '.join(PEERS)}"
        raise CommandError(wanted, "none installed", f"Run pip install {' '.join(PEERS)}.")
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    found = {"ours": _ours(), "ours_as_chain": _ours(chain=True)}
    found |= {name: PEERS[name]() for name in present}
    x = torch.randn(batch, 2)
    tasks = {
        "training": {name: _trainer(each, x) for name, each in found.items()},
        "density": {name: _without_grad(each.log_prob, x) for name, each in found.items()},
        "sampling": {name: _without_grad(each.sample, batch) for name, each in found.items()},
    }
    rates = {task: _rates(runners, calls) for task, runners in tasks.items()}
    ratios = {
        f"{task}_ratio": of["ours"] / max(of[name] for name in present)
        for task, of in rates.items()
    }
    weights = {name: sum(p.numel() for p in each.parameters) for name, each in found.items()}
    return {"weights": weights, "calls_per_second": rates, **ratios}


def _trainer(flow: Contestant, x: Tensor) -> Callable[[], None]:
    optimizer = make_optimizer("adam", flow.parameters, 1e-4, (0.9, 0.999))

    def step() -> None:
        optimizer.zero_grad()
        (-flow.log_prob(x).mean()).backward()
        optimizer.step()

    return step


def _without_grad(function: Callable[..., Tensor], argument: object) -> Callable[[], None]:
    @torch.no_grad()
    def call() -> None:
        function(argument)

    return call


def _rates(runners: dict[str, Callable[[], None]], calls: int) -> dict[str, float]:
    spent: dict[str, list[float]] = {name: [] for name in runners}
    for index in range(calls + 10):
        for name, run in runners.items():
            begun = time.perf_counter()
            run()
            if index >= 10:
                spent[name].append(time.perf_counter() - begun)
    return {name: 1 / statistics.quantiles(times, n=10)[0] for name, times in spent.items()}
