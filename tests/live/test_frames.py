"""Frame bytes: what goes in comes out, whatever the arrays and the header."""

import json

import hypothesis.extra.numpy as arrays
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from app.live import frames
from gen_core.errors import RecordingError

DTYPES = st.sampled_from([np.float32, np.int32, np.uint8, np.float64, np.int64, np.bool_])
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
NAMES = st.text("abcxyz_/@0123456789", min_size=1, max_size=20)
ARRAYS = st.dictionaries(NAMES, DTYPES.flatmap(lambda dtype: arrays.arrays(dtype, SHAPES)))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False,
    allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)  # fmt: skip
FIELDS = st.dictionaries(st.text(max_size=8), JSON, max_size=6)


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape, name
        assert found[name].tobytes() == array.tobytes(), name


@given(ARRAYS, FIELDS)
def test_bytes_round_trip(content, fields):
    data = frames.encode(content, fields)
    found, header = frames.decode(data)
    assert_same(found, content)
    assert header == fields == frames.header(data)


@given(ARRAYS, FIELDS, FIELDS)
def test_patching_changes_the_header_and_no_array(content, fields, changes):
    changes = {f"_{name}": value for name, value in changes.items()}
    found, header = frames.decode(frames.patch(frames.encode(content, fields), **changes))
    assert_same(found, content)
    assert header == fields | changes


@given(ARRAYS, FIELDS, st.data())
def test_a_cut_frame_is_refused_in_a_sentence(content, fields, data):
    whole = frames.encode(content, fields)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(RecordingError, match="Expected .* got .*"):
        frames.decode(whole[:cut])


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(data):
    with pytest.raises(RecordingError):
        frames.decode(data)


def test_numbers_that_browsers_refuse_become_null():
    values = {"a": float("nan"), "b": [float("inf"), np.float32(1.5)], "c": {"d": -np.inf}}
    data = frames.encode({}, values)
    assert frames.header(data) == {"a": None, "b": [None, 1.5], "c": {"d": None}}
    assert b"NaN" not in data and b"Infinity" not in data


def test_arrays_stay_aligned_after_a_patch():
    data = frames.patch(frames.encode({"x": np.arange(3.0)}, {}), message="é" * 7)
    assert int.from_bytes(data[:8], "little") % 8 == 0
    json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])


def test_a_recalled_frame_keeps_its_pictures_and_takes_the_curves_of_now():
    old = {"gp/surface/values": np.ones((2, 2)), "gp/curves/w1": np.zeros(2)}
    new = {"gp/curves/w1": np.arange(5.0), frames.TIMELINE: np.arange(4)}
    found, header = frames.decode(frames.recall(frames.encode(old, {"round": 2}), new, head=9))
    assert_same(found, {"gp/surface/values": old["gp/surface/values"], **new})
    assert header == {"round": 2, "head": 9}
