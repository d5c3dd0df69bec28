"""The digits as they come with scikit-learn, their levels and their split."""

import torch
from sklearn.datasets import load_digits

from gen_core.data.digits import load


def test_pictures_and_labels_are_those_of_the_file():
    digits, bunch = load(), load_digits()
    pictures = torch.cat([digits.pictures("train"), digits.pictures("test")])
    assert pictures.dtype == torch.float32 and digits.image_shape == (1, 8, 8)
    assert torch.equal((pictures[:, 0] * 16).double(), torch.tensor(bunch.images))
    labels = torch.cat([digits.labels("train"), digits.labels("test")])
    assert torch.equal(labels, torch.tensor(bunch.target))


def test_levels_are_exact():
    digits = load()
    levels = (digits.pictures("train") * digits.top_level).unique()
    assert levels.tolist() == list(range(17))


def test_both_parts_hold_every_class():
    digits = load()
    assert (digits.n_train, digits.n_test, digits.n_classes) == (1437, 360, 10)
    for labels in (digits.labels("train"), digits.labels("test")):
        shares = torch.bincount(labels, minlength=10) / len(labels)
        assert shares.min() > 0.08


def test_no_picture_is_in_both_parts():
    digits = load()
    train, test = (digits.pictures(split).flatten(1) for split in ("train", "test"))
    distance = torch.cdist(train, test)
    assert distance.min() > 0


def test_a_batch_is_a_function_of_its_generator():
    digits = load()
    first = digits.batch(64, torch.Generator().manual_seed(3))
    assert first.shape == (64, 1, 8, 8)
    assert torch.equal(first, digits.batch(64, torch.Generator().manual_seed(3)))
    assert not torch.equal(first, digits.batch(64, torch.Generator().manual_seed(4)))


def test_batches_draw_every_training_picture_alike():
    digits, random = load(), torch.Generator().manual_seed(0)
    drawn = digits.batch(100_000, random).flatten(1)
    codes = torch.rand(64, generator=random, dtype=torch.float64)
    names = (digits.pictures("train").flatten(1).double() @ codes).sort().values
    hits = torch.searchsorted(names, drawn.double() @ codes - 1e-9)
    counts = torch.bincount(hits, minlength=len(names)).double()
    assert len(counts) == 1437 and counts.min() > 0
    expected = 100_000 / 1437
    chi = ((counts - expected).square() / expected).sum()
    assert abs(chi - 1436) < 5 * (2 * 1436) ** 0.5


def test_loading_twice_gives_the_same_object():
    assert load() is load()
