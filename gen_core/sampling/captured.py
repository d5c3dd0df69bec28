"""Cached sampling on CUDA: all that a row of a picture needs is launched as one graph.

A position of a cached walk is many small kernels; on a GPU their launches from Python cost more
than their work. A CUDA graph keeps launches with the addresses that they read and write, and
repeats them at once (PyTorch, "CUDA semantics", section "CUDA Graphs"). So everything that differs
from one drawing to the next (noise, condition, known pixels) is copied into tensors that stay
where they are; weights are read where they lie, and a replay sees their newest values.

The first drawing of a kind runs as it is, which also warms the kernels up; the second is captured
row by row while it is drawn, the following ones are replays. A drawing that begins while another
of its kind is under way runs as it is, because the graphs have one set of tensors.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

import torch
from torch import Tensor, nn

from gen_core.nn.decoder import Decoder
from gen_core.sampling.ancestral import Known, Painting

__all__ = ["CudaGraphs", "Drawings", "Recorder", "Walk"]

Walk = Callable[[Decoder, Tensor, Known | None], Iterator[Painting]]
"""A sampler whose other settings are fixed: decoder, noise and known pixels to paintings."""

KINDS = 8  # captured kinds of drawing that are kept, the newest


class Recorder(Protocol):
    """Keeps work on tensors, to do it again with what the same addresses hold by then."""

    def record(self) -> AbstractContextManager[Callable[[], None]]:
        """Record what is launched inside, without running it; gives what runs it."""


class CudaGraphs:
    """CUDA graphs that share one pool of memory, and are replayed in the order of capture."""

    def __init__(self) -> None:
        self.pool = torch.cuda.graph_pool_handle()

    @contextmanager
    def record(self) -> Iterator[Callable[[], None]]:
        """Capture the launches of this thread as one graph."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self.pool, capture_error_mode="thread_local"):
            yield graph.replay


@dataclass
class _Captured:
    """The graphs of one kind of drawing, and the tensors they read."""

    inputs: tuple[Tensor, ...]
    walk: Iterator[Painting]
    recorder: Recorder
    rows: list[Callable[[], None]] = field(default_factory=list)
    x: Tensor | None = None
    busy: bool = False

    def draw(self, inputs: tuple[Tensor, ...], height: int, width: int) -> Iterator[Painting]:
        """Replay the rows, capturing those that are not there yet."""
        self.busy = True
        try:
            for own, given in zip(self.inputs, inputs, strict=True):
                own.copy_(given)
            for i in range(height):
                if i == len(self.rows):
                    self._capture(width)
                self.rows[i]()
                assert self.x is not None
                for j in range(width):
                    yield Painting(self.x, i * width + j + 1, height * width)
        finally:
            self.busy = False

    def _capture(self, width: int) -> None:
        with self.recorder.record() as replay:
            for _ in range(width):
                self.x = next(self.walk).x
        self.rows.append(replay)


class Drawings:
    """Draws by a sampler, and captures it where a kind of drawing comes again.

    Args:
        recorder: Makes what captures; one for each kind of drawing.
    """

    def __init__(self, recorder: Callable[[], Recorder] = CudaGraphs) -> None:
        self.recorder = recorder
        self.kinds: OrderedDict[object, _Captured | None] = OrderedDict()

    def draw(
        self,
        walk: Walk,
        decoder: Decoder,
        noise: Tensor,
        known: Known | None = None,
        settings: object = None,
    ) -> Iterator[Painting]:
        """Draw pictures as ``walk`` does.

        Args:
            walk: The sampler; it may not look at a tensor's values from Python.
            decoder: What is drawn from.
            noise: One number for each value, ``(B, C, H, W)``.
            known: Positions that are given.
            settings: What else ``walk`` depends on: drawings are alike only if it is equal.

        Yields:
            The picture after each position. A captured row appears at once: of the last one,
            ``x`` may already hold more than ``done`` says.
        """
        kind = _kind(decoder, noise, known, settings)
        before = self.kinds.get(kind)
        if kind not in self.kinds or (before is not None and before.busy):
            self.kinds.setdefault(kind)
            while len(self.kinds) > KINDS:
                self.kinds.popitem(last=False)
            yield from walk(decoder, noise, known)
            return
        captured = before or self._prepared(walk, decoder, noise, known)
        self.kinds[kind] = captured
        self.kinds.move_to_end(kind)
        try:
            yield from captured.draw(_inputs(decoder, noise, known), *noise.shape[2:])
        except Exception:
            self.kinds.pop(kind, None)  # a capture that broke off cannot go on
            raise

    def _prepared(
        self, walk: Walk, decoder: Decoder, noise: Tensor, known: Known | None
    ) -> _Captured:
        def own(given: Tensor | None) -> Tensor | None:
            return None if given is None else _place(given)

        held = replace(decoder, vector=own(decoder.vector), maps=own(decoder.maps))
        place = _place(noise)
        kept = None if known is None else Known(_place(known.x), known.mask.cpu())
        return _Captured(_inputs(held, place, kept), walk(held, place, kept), self.recorder())


def _place(given: Tensor) -> Tensor:
    """Return room for such a tensor; one that was expanded has none of its own."""
    return torch.empty_like(given, memory_format=torch.contiguous_format)


def _inputs(decoder: Decoder, noise: Tensor, known: Known | None) -> tuple[Tensor, ...]:
    given = noise, decoder.vector, decoder.maps, None if known is None else known.x
    return tuple(each for each in given if each is not None)


def _kind(decoder: Decoder, noise: Tensor, known: Known | None, settings: object) -> object:
    """Return what two drawings must share to be replays of one another."""
    assert isinstance(decoder.net, nn.Module)
    net = decoder.net
    return (
        net,
        tuple(each.data_ptr() for each in (*net.parameters(), *net.buffers())),
        (decoder.output, decoder.prepare, decoder.passes, decoder.shape),
        tuple((each.shape, each.dtype, each.device) for each in _inputs(decoder, noise, known)),
        (decoder.vector is None, decoder.maps is None),
        None if known is None else tuple(known.mask.flatten().tolist()),
        settings,
    )
