"""torch's optimisers, bit for bit, without torch's compiler."""

import subprocess
import sys

import pytest
import torch

from gen_core.shelves import shelved
from gen_core.training import eager

KINDS = {
    "Adagrad": {"lr": 0.1, "weight_decay": 0.01},
    "Adam": {"lr": 0.1, "betas": (0.5, 0.9), "fused": True},
    "RMSprop": {"lr": 0.1, "foreach": True},
}
TRAINING = """
import sys
from gen_core.recipes.base import make
from gen_core.training.loop import TrainingState, train

for stem in ("wgan", "vae", "realnvp"):
    for step in train(state := TrainingState.start(make(stem, "", {"batch": 4}), 0, "cpu")):
        if step.t == 6:
            break
    for optimizer in state.optimizers.values():
        optimizer.load_state_dict(optimizer.state_dict())
print([name for name in sys.modules if name.startswith("torch._dynamo")])
"""

OPENING = """
import sys
from pathlib import Path
from gen_core.checkpoint import load

for name in sys.argv[1:]:
    load(Path(name))
    found = [module for module in sys.modules if module.startswith("torch._dynamo")]
    if found:
        sys.exit(f"{name} loads {found[0]}")
"""
SHIPPED = [str(each.path) for each in shelved() if each.ships]


def trained(kind: type[torch.optim.Optimizer], settings: dict, steps: int = 20):
    w = torch.randn(5, 3, requires_grad=True)
    optimizer = kind([w], **settings)
    for step in range(steps):
        optimizer.zero_grad()
        (w - step).square().sum().backward()
        optimizer.step()
    return w.detach(), optimizer.state_dict()


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_is_torchs_bit_for_bit(kind):
    torch.manual_seed(1)
    ours, state = trained(getattr(eager, kind), KINDS[kind])
    torch.manual_seed(1)
    theirs, expected = trained(getattr(torch.optim, kind), KINDS[kind])
    assert torch.equal(ours, theirs)
    assert state["param_groups"] == expected["param_groups"]
    for name, value in expected["state"][0].items():
        assert torch.equal(state["state"][0][name], value), name


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_is_no_part_of_autograds_graph_and_leaves_its_switch(kind):
    w = torch.ones(2, requires_grad=True)
    w.grad = torch.ones(2)
    getattr(eager, kind)([w], **KINDS[kind]).step()
    assert w.is_leaf and w.requires_grad and torch.is_grad_enabled()


def test_no_training_loads_the_compiler():
    command = [sys.executable, "-c", TRAINING]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_checkpoint_loads_the_compiler():
    assert len(SHIPPED) > 20
    subprocess.run([sys.executable, "-c", OPENING, *SHIPPED], check=True)
