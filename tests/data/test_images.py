"""What every set of pictures promises, on tiny sets and on each set that needs no download."""

import pytest
import torch

from gen_core.data.images import ImageSource, Split, source
from gen_core.errors import DataError


def split(n, top, salt):
    random = torch.Generator().manual_seed(salt)
    levels = torch.randint(top + 1, (n, 3, 4, 5), generator=random).to(torch.uint8)
    return Split(levels, torch.arange(n))  # a label names its picture


@pytest.fixture
def tiny():
    """12 + 7 pictures of 3 x 4 x 5 on five levels."""
    return ImageSource("tiny", 4, {"train": split(12, 4, 1), "test": split(7, 4, 2)}, 12)


def random(seed=3):
    return torch.Generator().manual_seed(seed)


def test_the_shape_and_the_numbers_are_those_of_the_splits(tiny):
    assert tiny.image_shape == (3, 4, 5)
    assert (tiny.n_train, tiny.n_test, tiny.n_classes) == (12, 7, 12)


@pytest.mark.parametrize("top", [1, 3, 16, 255])
def test_every_level_is_exactly_a_fraction_of_the_top(top):
    levels = torch.arange(top + 1, dtype=torch.uint8).reshape(-1, 1, 1, 1)
    ramp = ImageSource("ramp", top, {"train": Split(levels), "test": Split(levels)})
    expected = torch.arange(top + 1, dtype=torch.float64) / top
    x = ramp.pictures("test").flatten()
    assert x.dtype == torch.float32 and torch.equal(x, expected.float())


def test_a_batch_is_a_function_of_its_generator_and_belongs_to_its_labels(tiny):
    x, labels = tiny.labelled_batch(64, random())
    assert x.shape == (64, 3, 4, 5) and x.dtype == torch.float32
    assert torch.equal(tiny.batch(64, random()), x)
    assert not torch.equal(tiny.batch(64, random(4)), x)
    assert torch.equal(tiny.pictures("train")[labels], x)
    assert set(labels.tolist()) == set(range(12)), "every training picture comes"


def test_pictures_are_cut_like_a_slice(tiny):
    for name in ("train", "test"):
        whole = tiny.pictures(name)
        for start, stop in ((0, None), (2, 5), (-3, None), (5, 100), (4, 4)):
            assert torch.equal(tiny.pictures(name, start, stop), whole[start:stop])
        some = torch.tensor([len(whole) - 1, 0, 1, 0])
        assert torch.equal(tiny.picked(name, some), whole[some])
        assert torch.equal(tiny.labels(name), torch.arange(len(whole)))


def test_writing_into_a_batch_leaves_the_data_alone(tiny):
    before = tiny.pictures("train")
    tiny.pictures("train").zero_()
    tiny.batch(20, random()).zero_()
    assert torch.equal(tiny.pictures("train"), before)


def test_missing_splits_labels_and_names_are_said(tiny):
    with pytest.raises(DataError, match=r"a split of tiny \(train, test\), got 'dev'"):
        tiny.pictures("dev")
    bare = ImageSource("bare", 4, {name: Split(part.levels) for name, part in tiny.splits.items()})
    for ask in (lambda: bare.labels("test"), lambda: bare.labelled_batch(2, random())):
        with pytest.raises(DataError, match="pictures with labels, got bare, which has none"):
            ask()
    with pytest.raises(DataError, match=r"\(digits, .*rooms-64\), got 'cifar'"):
        source("cifar")


@pytest.mark.parametrize("name", ["digits", "rooms-16"])
def test_sets_that_need_no_download_keep_the_promise(name):
    found = source(name)
    assert found is source(name) and found.name == name, "loaded once"
    for part, n in (("train", found.n_train), ("test", found.n_test)):
        x = found.pictures(part)
        assert x.shape == (n, *found.image_shape)
        levels = (x * found.top_level).unique()
        assert torch.equal(levels, levels.round()) and 0 <= levels[0] < levels[-1]
        assert levels[-1] <= found.top_level
        if found.n_classes:
            labels = found.labels(part)
            assert labels.shape == (n,) and labels.unique().tolist() == list(range(10))
