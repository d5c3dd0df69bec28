"""CSV files of points: what is read, what is refused, and that scaling can be undone."""

import numpy as np
import pytest
import torch

from gen_core.data import points_csv
from gen_core.data.points_csv import MAX_BYTES, MAX_POINTS, read_points
from gen_core.errors import DataError

PLAIN = b"0,1\n2,1\n1,0\n1,2.5\n"
RAW = torch.tensor([[0.0, 1.0], [2.0, 1.0], [1.0, 0.0], [1.0, 2.5]], dtype=torch.float64)


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + PLAIN,
        b"\xef\xbb\xbfx,y\r\n" + PLAIN.replace(b"\n", b"\r\n"),
        ("x,y\r\n" + PLAIN.decode()).encode("utf-16"),
        PLAIN.replace(b",", b";"),
        b"a;b\n0;1\n2;1\n1;0\n1;2,5\n",
        PLAIN.replace(b",", b"\t"),
        PLAIN.replace(b",", b"   "),
        b'"x","y"\n"0","1"\n"2","1"\n"1","0"\n"1","2.5"\n',
        b"# x, y\n\n0,1\n\n2,1\n  1 , 0 \n1,2.5",
        b"0,1\n2e0,+1\n1,-0.0\n1,25e-1\n",
    ],
    ids=[
        *("plain", "windows", "old mac", "bom", "bom header windows", "utf-16", "semicolons"),
        *("decimal comma", "tabs", "blanks", "quotes", "comments", "exponents"),
    ],
)
def test_every_dialect_gives_the_same_points(data):
    points = read_points(data)
    assert torch.equal(points.raw, RAW)
    assert points.sha256 == read_points(PLAIN).sha256
    assert points.rows == 4 and not points.thinned


def test_header_names_are_kept():
    assert read_points(b"length;width\n" + PLAIN.replace(b",", b";")).columns == (
        "length",
        "width",
    )
    assert read_points(PLAIN).columns == ("x", "y")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "got no point at all. Check that the right file"),
        (b"\xef\xbb\xbf\r\n \r\n", "got no point at all"),
        (b"x,y\n", "got no point at all"),
        (b"1,2\n", "at least two different points, got a single one. Upload"),
        (b"1,2\n1,2\n1,2\n", "at least two different points, got 3 times the same"),
        (b"1,2\n3,four\n", "two finite numbers in line 2, got '3,four'. Correct the line"),
        (b"x,y\r\n1,2\r\n\r\n3,\r\n", "two finite numbers in line 4, got '3,'"),
        (b"1,2\n3,NaN\n", "two finite numbers in line 2, got '3,NaN'"),
        (b"nan,nan\n1,2\n", "two finite numbers in line 1, got 'nan,nan'"),
        (b"1,2\n3,-inf\n", "two finite numbers in line 2"),
        (b"1,2\n3,1e999\n", "two finite numbers in line 2"),
        (b"1,2\n3,1_000\n", "two finite numbers in line 2"),
        (b"x,y\na,b\n1,2\n", "two finite numbers in line 2, got 'a,b'"),
        (b"1,two\n3,4\n", "two finite numbers in line 1"),
        (b"1\n2\n3\n", "two columns in line 1, got 1 column: '1'. Keep the two"),
        (b"1,2\n3\n", "two columns in line 2, got 1 column: '3'"),
        (b"x,y,label\n1,2,3\n", "two columns in line 1, got 3 columns: 'x,y,label'"),
        (b"1,2\n3,4,5\n", "two columns in line 2, got 3 columns"),
        (b"1,2\n3;4\n", "two columns in line 2, got 1 column: '3;4'"),
        (b"-1e308,0\n1e308,0\n", "differences are finite, got values from -1e\\+308 to 1e\\+308"),
        (b"PK\x03\x04\x14\x00\x06\x00", "a text file in UTF-8, got bytes that are no text. Save"),
        (b"1,2\n\xff\xfe\xfa,4\n", "a text file in UTF-8"),
        (b"\xff\xfe1", "a text file in UTF-8"),
        (b"1,2\n" + b"x" * 5000 + b",1\n", "line 2, got 'x{40}…'"),
    ],
)
def test_refusals_say_where_what_and_what_to_do(data, message):
    with pytest.raises(DataError, match=message) as caught:
        read_points(data)
    assert len(str(caught.value)) < 250


def test_a_file_too_large_is_refused_before_it_is_read():
    with pytest.raises(DataError, match=r"at most 64 MB, got 64\.0 MB. Keep every n-th row"):
        read_points(b"1" * (MAX_BYTES + 1))


def test_a_million_rows_are_thinned_evenly():
    count = 1_000_000
    data = "\n".join(f"{i},{i % 7}" for i in range(count)).encode()
    points = read_points(data)
    assert points.rows == count and points.thinned and len(points.raw) == MAX_POINTS
    first = points.raw[:, 0]
    assert float(first[0]) == 0 and float(first[-1]) == count - 1
    gaps = first.diff()
    assert 9 <= float(gaps.min()) and float(gaps.max()) <= 11


def test_a_bad_line_beyond_the_kept_ones_is_still_found():
    data = b"1,2\n3,4\n" * MAX_POINTS + b"5,x\n"
    with pytest.raises(DataError, match=f"line {2 * MAX_POINTS + 1}"):
        read_points(data)


def test_scaling_fits_the_plot_and_can_be_undone():
    raw = np.random.default_rng(0).normal((1e4, -300.0), (700.0, 20.0), (500, 2))
    points = read_points("\n".join(f"{x!r},{y!r}" for x, y in raw.tolist()).encode())
    low, high = points.points.min(0).values, points.points.max(0).values
    assert float(high[0]) == pytest.approx(1.5) and float(low[0]) == pytest.approx(-1.5)
    assert torch.allclose((low + high) / 2, torch.zeros(2), atol=1e-6)
    assert torch.allclose(points.to_raw(points.points), torch.from_numpy(raw), atol=1e-3)
    distances = torch.pdist(torch.from_numpy(raw)) / points.scale
    assert torch.allclose(torch.pdist(points.points).double(), distances, atol=1e-5)


def test_points_on_one_line_are_data():
    points = read_points(b"5,0\n5,1\n5,2\n")
    assert torch.equal(points.points, torch.tensor([[0.0, -1.5], [0.0, 0.0], [0.0, 1.5]]))


def test_batches_draw_the_points_with_replacement():
    points = read_points(PLAIN, name="mine.csv")
    batch = points.batch(20_000, torch.Generator().manual_seed(4))
    again = points.batch(20_000, torch.Generator().manual_seed(4))
    assert torch.equal(batch, again) and batch.dtype == torch.float32
    same = (batch[:, None, :] == points.points).all(2)
    assert bool(same.any(1).all())
    assert same.float().mean(0).tolist() == pytest.approx([0.25] * 4, abs=0.02)
    assert points.log_density(batch) is None and points.modes is None
    assert points.name == "mine.csv"


def test_the_hash_sees_values_and_order_only():
    assert read_points(b"0,1.0\n-0.0,2\n").sha256 == read_points(b"0.0,1\n0,2.00\n").sha256
    assert read_points(b"0,1\n0,2\n").sha256 != read_points(b"0,2\n0,1\n").sha256


def test_public_bounds_are_those_of_the_documentation():
    assert (points_csv.MAX_POINTS, points_csv.MAX_BYTES) == (100_000, 64 * 2**20)
