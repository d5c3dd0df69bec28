"""The four points of figure 1's toy."""

import torch

from gen_core.data.four import load
from gen_core.data.image_forms import form_of
from gen_core.data.images import IMAGE_SETS, source


def test_four_pictures_with_one_pixel_each():
    four = source("four")
    assert four is load() and (four.image_shape, four.top_level, four.n_classes) == (
        (1, 2, 2),
        1,
        4,
    )
    x = four.pictures("test")
    assert torch.equal(x.flatten(1), torch.eye(4)) and torch.equal(x, four.pictures("train"))
    assert four.labels("test").tolist() == [0, 1, 2, 3]
    assert form_of("four").image_shape == (1, 2, 2)


def test_a_batch_holds_each_of_them_about_as_often():
    x = load().batch(4000, torch.Generator().manual_seed(0)).flatten(1)
    assert (x.sum(1) == 1).all() and (x.mean(0) - 0.25).abs().max() < 0.03


def test_no_menu_of_pictures_offers_them():
    assert "four" not in IMAGE_SETS
