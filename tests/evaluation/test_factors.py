"""The reader that ships is worth its card, and finds which level sets which group of factors."""

import json
import math

import pytest
import torch

from gen_core.data.rooms import draw, load
from gen_core.data.rooms_factors import FACTORS, indices, sample
from gen_core.errors import CheckpointError
from gen_core.evaluation.factors import FOLDER, explained, save, shipped
from gen_core.evaluation.reader import Reader, measure

PERFECT = {factor.name: 1.0 for factor in FACTORS}


@pytest.mark.parametrize("size", [16, 32])
def test_the_shipped_reader_is_worth_what_its_card_says(size):
    found = shipped(size)
    assert found is shipped(size)
    for name, score in measure(found.reader, load(size)).items():
        assert score == pytest.approx(found.scores[name], abs=2e-3), name
    assert (FOLDER / f"rooms-{size}.safetensors").stat().st_size < 1e6


@pytest.mark.parametrize("size", [16, 32])
def test_an_oracle_hierarchy_is_seen_through(size):
    """Geometry set by the top noise, palette by the middle, texture and grain by the pixels'."""
    counts = (16, 6, 4)
    random = torch.Generator().manual_seed(0)
    factors = torch.zeros(*counts, len(FACTORS))
    for level, group in enumerate(("geometry", "palette", "texture")):
        shape = [*counts[: level + 1], *[1] * (2 - level)]
        drawn = sample(math.prod(shape), random).reshape(*shape, len(FACTORS))
        factors[..., indices(group)] = drawn[..., indices(group)].expand(*counts, -1)
    noise = torch.randn(math.prod(counts), 1, size, size, generator=random)
    known = shipped(size)
    readings = known.reader.read(draw(factors.flatten(0, 2), size, noise))
    found = explained(readings.reshape(*counts, -1), known.scores)
    assert all(found.readable)
    assert torch.allclose(found.shares.sum(0), torch.ones(len(FACTORS), dtype=torch.float64))
    for level, group in enumerate(("geometry", "palette", "texture")):
        own = found.shares[level, indices(group)]
        assert own.min() > 0.6 and own.mean() > 0.8, (group, own)


def test_what_cannot_be_read_is_said_to_be_unreadable():
    readings = torch.randn(4, 4, 4, len(FACTORS), generator=torch.Generator().manual_seed(1))
    scores = PERFECT | {"sky": 0.49, "grain": 0.5, "side": 0.74}
    found = explained(readings, scores)
    unreadable = [f.name for f, good in zip(FACTORS, found.readable, strict=True) if not good]
    assert unreadable == ["side", "sky"]
    silent = found.shares.isnan().any(0)
    assert [f.name for f, nan in zip(FACTORS, silent, strict=True) if nan] == ["side", "sky"]
    # an accuracy of 3/4 lies halfway between chance and certainty
    assert explained(readings, scores | {"side": 0.75}).readable[0]


def test_what_is_saved_is_loaded(tmp_path):
    torch.manual_seed(0)
    reader = Reader(16)
    save(tmp_path, reader, {"scores": PERFECT})
    found = shipped(16, tmp_path)
    assert found.scores == PERFECT
    for name, value in reader.state_dict().items():
        assert torch.equal(value, found.reader.state_dict()[name])
    assert not any(p.requires_grad for p in found.reader.parameters())


def test_refusals(tmp_path):
    missing = "a reader of this size, got no rooms-64.safetensors. Train it: python -m"
    with pytest.raises(CheckpointError, match=missing):
        shipped(64, tmp_path)
    path = save(tmp_path, Reader(16), {"scores": PERFECT})
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(CheckpointError, match="weights of the card, got changed or cut bytes"):
        shipped(16, tmp_path)
    path.write_bytes(whole)
    card = json.loads(path.with_suffix(".json").read_text())
    del card["scores"]["sky"]
    path.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(CheckpointError, match="a whole reader with its card, got rooms-16"):
        shipped(16, tmp_path)
    path = save(tmp_path, Reader(32), {"scores": PERFECT})
    path.rename(tmp_path / "rooms-16.safetensors")
    path.with_suffix(".json").rename(tmp_path / "rooms-16.json")
    with pytest.raises(CheckpointError, match="a whole reader with its card, got rooms-16"):
        shipped(16, tmp_path)
