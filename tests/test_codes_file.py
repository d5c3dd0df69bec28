"""Codes beside a checkpoint: what they hold, that they are fresh, and which ones are refused."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.numpy import save
from sklearn.neighbors import KNeighborsClassifier

from gen_core import checkpoint, codes_file
from gen_core.data.images import source
from gen_core.errors import CheckpointError, CommandError, ProbeError
from gen_core.evaluation.latent import NEIGHBOURS
from gen_core.exploration.base import View, run_probe
from gen_core.recipes.base import make
from gen_core.shelves import SHIPPED
from gen_core.training.loop import TrainingState
from gen_core.training.snapshot import take
from tests.test_command_line import run

PLANES = [
    path
    for stem in codes_file.CODED
    for path in sorted((SHIPPED / stem).glob("*.safetensors"))
    if codes_file.path_of(path).exists() or path.stem.endswith("-2d")
]


@pytest.fixture
def kept(tmp_path):
    """The checkpoint of a small VAE on the digits, and its state."""
    state = TrainingState.start(make("vae", overrides={"width": 8}), 7)
    card = checkpoint.card_of(state, "a test")
    return checkpoint.save(tmp_path / "small.safetensors", take(state), card), state


def test_they_are_the_posterior_means_of_the_test_pictures_in_half_precision(kept):
    path, state = kept
    assert codes_file.read(path) is None
    assert run("codes", str(path)).exit_code == 0
    found, digits = codes_file.read(path), source("digits")
    with torch.no_grad():
        mu = state.models["vae"].encode(digits.pictures("test")).mu.numpy()
    np.testing.assert_allclose(found.mu, mu, rtol=2**-10)
    assert (found.mu != mu).any() and found.mu.dtype == np.float32
    assert found.labels.tolist() == digits.labels("test").tolist()
    assert found.labels.dtype == np.int32


@pytest.mark.parametrize("path", PLANES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_those_that_ship_are_fresh_and_as_good_as_the_card_says(path):
    """Each test code asks its neighbours among the others; in the card training codes vote."""
    found = codes_file.read(path)
    assert found is not None, f"Make them: python -m gen_core codes {path.parent.name}/{path.stem}"
    assert found.mu.shape == (10_000, 2) and codes_file.path_of(path).stat().st_size < 100_000
    vote = KNeighborsClassifier(NEIGHBOURS).fit(found.mu, found.labels)
    around = vote.kneighbors(return_distance=False)  # without the code itself
    most = np.array([np.bincount(found.labels[each]).argmax() for each in around])
    card = checkpoint.card_beside(path)["metrics"]["knn_error"]["value"]
    assert 100 * np.mean(most != found.labels) == pytest.approx(card, abs=2.5)


def test_codes_of_another_checkpoint_are_refused_by_name(kept, tmp_path):
    path, state = kept
    codes_file.write(path, state)
    other = tmp_path / "other.safetensors"
    other.write_bytes(path.read_bytes() + b" ")
    shutil.copy(codes_file.path_of(path), codes_file.path_of(other))
    expected = "the codes of other.safetensors, got those of other weights in other.codes"
    with pytest.raises(CheckpointError, match=f"{expected}. Make them again: python -m gen_core"):
        codes_file.read(other)
    with pytest.raises(ProbeError, match=expected):
        run_probe(View.of(state, other), "posteriors")


def test_what_is_no_codes_file_is_refused(kept):
    path, state = kept
    file = codes_file.write(path, state)
    whole = file.read_bytes()
    about = {"codes": json.dumps({"format": 1, "weights": "0" * 64})}
    mu, labels = np.zeros((4, 2), np.float16), np.zeros(3, np.uint8)
    for damaged, got in (
        (whole[:-1], "a damaged file"),
        (b"", "a damaged file"),
        (path.read_bytes(), "a damaged file"),
        (save({"mu": mu, "labels": labels}, about), "another form"),
        (save({"mu": mu[0], "labels": labels[:2]}, about), "another form"),
        (save({"mu": mu, "labels": mu[:, 0]}, {"codes": "[]"}), "a damaged file"),
        (bytes(codes_file.MAX_BYTES + 1), "8 MB"),
    ):
        file.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=f"the codes of small.safetensors, got {got}"):
            codes_file.read(path)


def test_a_model_without_one_code_has_none():
    path = SHIPPED / "pixelcnn" / "mnist.safetensors"
    with pytest.raises(CommandError, match=r"a model with one code \(vae, pixelvae\), got pixelc"):
        codes_file.write(path, checkpoint.load(path).state)
