"""A picture as letters: there and back, by hand, and what is no picture."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gen_core.data.level_text import LONGEST, decode, encode
from gen_core.errors import DataError


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_there_and_back(data):
    shape = data.draw(st.tuples(st.sampled_from([1, 3]), st.integers(1, 5), st.integers(1, 5)))
    top = data.draw(st.integers(1, 255))
    count = math.prod(shape)
    levels = data.draw(st.lists(st.integers(0, top), min_size=count, max_size=count))
    x = (torch.tensor(levels, dtype=torch.float32) / top).view(shape)
    try:
        text = encode(x, top)
    except DataError:
        assert count * top.bit_length() > LONGEST * 6 - 8
        return
    assert len(text) <= LONGEST
    assert len(text) == math.ceil(math.ceil(count * top.bit_length() / 8) * 4 / 3)
    assert torch.equal((decode(text, shape, top) * top).round(), (x * top).round())


def test_the_form_by_hand():
    # levels 1, 2, 3 in two bits: 01 10 11, filled up to 01101100 = 0x6c
    assert encode(torch.tensor([[[1 / 3, 2 / 3, 1.0]]]), 3) == "bA"
    # colours of a pixel in turn: 1 0 1 of the first, 0 1 0 of the second
    x = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]], [[1.0, 0.0]]])
    assert encode(x, 1) == "qA"  # 10101000 = 0xa8
    assert len(encode(torch.zeros(1, 28, 28), 1)) == 131
    assert len(encode(torch.zeros(1, 8, 8), 16)) == 54


@pytest.mark.parametrize("text", ["", "k", "kA=", "kAAA", "k+", "k ", "é"])
def test_what_is_no_picture_of_this_size_is_refused(text):
    with pytest.raises(DataError, match="2 letters that hold 4 levels up to 1"):
        decode(text, (1, 2, 2), 1)


def test_a_level_above_the_largest_is_refused():
    with pytest.raises(DataError, match="levels up to 2"):
        decode("8A", (1, 1, 2), 2)  # 11 11: level 3 of 2


def test_a_picture_too_large_for_a_setting_is_refused():
    with pytest.raises(DataError, match="fits in 200 letters"):
        encode(torch.zeros(1, 28, 28), 3)
    with pytest.raises(DataError, match="fits in 200 letters"):
        decode("AAAA", (3, 16, 16), 255)
