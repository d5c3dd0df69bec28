"""A run of two small critics that speaks the live engine's commands and frames.

It stands in for the engine where only the viewer is under test: one thread, no recording on disk,
every frame encoded as safetensors with the same metadata. Faults are set from outside by `force`.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np
import torch
from lane import LABELS, RANGES, Lane
from safetensors.numpy import save


class Lab:
    """The run: its lanes, its state, what it recorded, and the one thread that touches them."""

    def __init__(self, width: int = 32, every: float = 0.1) -> None:
        torch.set_num_threads(1)
        self.width, self.every = width, every
        self.asked: queue.SimpleQueue[tuple[Callable[[], None], Future[None]]]
        self.asked = queue.SimpleQueue()
        self.listeners: set[Callable[[], None]] = set()
        self.accepting = True
        self.reset()
        threading.Thread(target=self.train, daemon=True).start()

    def reset(self) -> None:
        """Start again from the seed."""
        self.lanes = [Lane("clip", self.width), Lane("gp", self.width)]
        self.state, self.message, self.speed = "paused", None, None
        self.round = self.head = self.due = 0
        self.seq = getattr(self, "seq", 0)
        self.marks: list[dict[str, Any]] = []
        self.recorded: dict[int, dict[str, np.ndarray]] = {}
        self.rate = self.took = 0.0
        self.publish()

    def command(self, order: dict[str, Any]) -> None:
        """Obey one command of the owner, before the next round."""
        self._between_rounds(lambda: self._obey(order))

    def _obey(self, order: dict[str, Any]) -> None:
        do = order["do"]
        if do == "play":
            self.state, self.round = "playing", self.head
        elif do in ("pause", "sleep"):
            self.state = "paused" if do == "pause" else "asleep"
        elif do == "step":
            self.due += int(order.get("n", 1))
        elif do == "speed":
            self.speed = order["rounds_per_second"]
        elif do == "reset":
            self.reset()
        elif do == "seek":
            known = min(self.recorded, key=lambda r: abs(r - order["round"]))
            self.state, self.round = "paused", known
        elif do == "set":
            self.edit(order)
        elif do == "recover":
            for lane in self.lanes:
                if lane.status == "diverged":
                    lane.status = "frozen" if order["how"] == "freeze" else "ok"
                    lane.message = ""
            self.state = "paused"
        self.publish()

    def edit(self, order: dict[str, Any]) -> None:
        """A hot edit, marked."""
        name, value = order["name"], order["value"]
        for lane in self.lanes:
            if order["lane"] in ("*", lane.name) and name in lane.settings:
                lane.settings[name] = value
                self.marks.append(
                    {
                        "round": self.head,
                        "t": lane.t,
                        "lane": lane.name,
                        "name": name,
                        "value": value,
                    }
                )

    def force(self, what: dict[str, Any]) -> None:
        """Set a fault or a state from a test."""
        self._between_rounds(lambda: self._force(what))

    def _force(self, what: dict[str, Any]) -> None:
        if what.get("reset"):
            self.reset()
        self.state = what.get("state", self.state)
        self.message = what.get("message")
        self.accepting = what.get("accepting", self.accepting)
        if self.state == "diverged":
            self.lanes[1].status = "diverged"
            self.lanes[1].message = f"critic loss is NaN at step {self.lanes[1].t}"
        self.publish()

    def _between_rounds(self, action: Callable[[], None]) -> None:
        """Let the lab's thread do something, and wait until it has."""
        done: Future[None] = Future()
        self.asked.put((action, done))
        done.result()

    def _listen(self, wait: float | None) -> None:
        """Do what is asked within so many seconds (None: wait for it)."""
        try:
            action, done = self.asked.get(timeout=wait) if wait != 0 else self.asked.get_nowait()
        except queue.Empty:
            return
        try:
            done.set_result(action())
        except Exception as error:
            done.set_exception(error)

    def train(self) -> None:
        """Train while playing or while steps are due; publish at most every `every` seconds."""
        shown = time.perf_counter()
        while True:
            paced = self.speed is not None and not self.due
            pause = max(0.0, 1 / self.speed - self.took) if paced else 0.0
            self._listen(pause if self.state == "playing" or self.due else None)
            if self.state != "playing" and not self.due:
                continue
            began = time.perf_counter()
            for lane in self.lanes:
                if lane.status == "ok":
                    lane.round()
            self.head += 1
            self.round = self.head
            self.took = time.perf_counter() - began
            stepped = self.due > 0
            self.due = max(0, self.due - 1)
            now = time.perf_counter()
            if stepped or now - shown >= self.every:
                shown = now
                self.publish()

    def publish(self) -> None:
        """Encode the present frame and wake the sockets."""
        self.seq += 1
        if self.round == self.head:
            size = 64 if self.state == "playing" else 128
            self.recorded[self.head] = {
                f"{lane.name}/{name}": np.ascontiguousarray(array)
                for lane in self.lanes
                for name, array in lane.arrays(size).items()
            }
            if len(self.recorded) > 300:
                self.recorded.pop(next(iter(self.recorded)))
        self.latest = self.encode()
        for wake in list(self.listeners):
            wake()

    def encode(self) -> bytes:
        """The frame as safetensors bytes."""
        tensors = dict(self.recorded[self.round])
        for lane in self.lanes:
            for metric, values in lane.curves.items():
                tensors[f"{lane.name}/curves/{metric}"] = np.array(values, np.float32)
            count = len(lane.curves["w1"])
            tensors[f"{lane.name}/curves/rounds"] = np.arange(1, count + 1, dtype=np.int32)
        tensors["run/timeline/rounds"] = np.array(sorted(self.recorded), np.int32)
        return save(tensors, {"frame": json.dumps(self.describe())})

    def describe(self) -> dict[str, Any]:
        """The frame's metadata, as the contract has it."""
        lanes = [
            {
                "name": lane.name,
                "label": LABELS[lane.name],
                "color": lane.name,
                "t": lane.t,
                "round": self.round,
                "stem": "wgan",
                "variant": lane.name,
                "settings": lane.settings,
                "ranges": RANGES[lane.name],
                "status": lane.status,
                "message": lane.message,
            }
            for lane in self.lanes
        ]
        probes = sorted({name.split("/")[1] for name in self.recorded[self.round]})
        entries = [
            {
                "lane": lane.name,
                "probe": probe,
                "key": probe,
                "settings": {},
                "arrays": [],
                "request": None,
                "viewer": None,
                "progress": None,
                "error": None,
            }
            for lane in self.lanes
            for probe in probes
        ]
        metrics = {
            lane.name: {
                "w1": {
                    "value": next((v for v in reversed(lane.curves["w1"]) if v == v), None),
                    "floor": 0.031,
                    "label": "W₁",
                    "unit": "",
                },
                "nll": {"value": 81.3, "floor": None, "label": "−log p(x)", "unit": "nats"},
                "modes": {"value": 8, "floor": 8, "label": "Modes", "unit": "of 8"},
                "high_quality": {
                    "value": 0.412,
                    "floor": 0.989,
                    "label": "Good samples",
                    "unit": "",
                },
            }
            for lane in self.lanes
        }
        steps = sum(int(lane.settings["n_critic"]) + 1 for lane in self.lanes)
        return {
            "v": 1,
            "seq": self.seq,
            "round": self.round,
            "head": self.head,
            "state": self.state,
            "message": self.message,
            "speed": self.speed,
            "lanes": lanes,
            "marks": self.marks,
            "performance": {
                "rounds_per_second": 1 / self.took if self.took else None,
                "ms_per_step": 1000 * self.took / steps,
                "ms_per_frame": 3.1,
                "device": "cpu",
                "threads": 1,
            },
            "entries": entries,
            "metrics": metrics,
            "curves": {
                "critic_estimate": {"label": "Critic's estimate", "unit": ""},
                "w1": {"label": "Distance W₁", "unit": "plane units"},
                **{f"norm_{n}": {"label": f"Layer {n}", "unit": "‖W‖"} for n in (1, 2, 3)},
            },
            "errors": [],
        }
