"""MNIST's files found, checked and fetched; its forms against their rules. All files are tiny."""

import gzip
import hashlib
import http.server
import subprocess
import sys
import threading

import pytest
import torch

from gen_core.data import mnist
from gen_core.data.images import source
from gen_core.errors import DataError
from tests.data.idx_files import idx, tiny_mnist


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder for data, empty; and a home that has none either."""
    monkeypatch.setenv("GEN_LAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GEN_LAB_HOME", str(tmp_path / "home"))
    return tmp_path / "data"


def random(seed=3):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("place", ["data", "data/mnist", "home/data/mnist"])
def test_the_files_are_found_and_split(tmp_path, folder, place, packed):
    made = tiny_mnist(tmp_path / place, packed=packed)
    found = source("mnist-256")
    train = torch.cat([found.pictures("train"), found.pictures("validation")])
    assert torch.equal((train * 255).round().byte()[:, 0], made["train-images-idx3-ubyte"])
    labels = torch.cat([found.labels("train"), found.labels("validation")])
    assert torch.equal(labels.byte(), made["train-labels-idx1-ubyte"])
    test = (found.pictures("test") * 255).round().byte()[:, 0]
    assert torch.equal(test, made["t10k-images-idx3-ubyte"])
    assert torch.equal(found.labels("test").byte(), made["t10k-labels-idx1-ubyte"])
    assert (found.n_train, found.n_test, found.n_classes) == (20, 11, 10)
    assert found.image_shape == (1, 28, 28) and found.top_level == 255


@pytest.mark.parametrize("levels", [2, 4, 16, 256])
def test_grey_levels_are_the_public_codes(folder, levels):
    grey = tiny_mnist(folder)["t10k-images-idx3-ubyte"].double() / 255
    found = source(f"mnist-{levels}")
    expected = torch.floor(grey * (levels - 1e-8))
    assert found.top_level == levels - 1
    assert torch.equal((found.pictures("test")[:, 0] * (levels - 1)).round().double(), expected)


def test_a_pixel_is_on_as_often_as_it_is_grey(folder):
    grey = tiny_mnist(folder, n_train=6)["train-images-idx3-ubyte"][:5].double() / 255
    x, labels = source("mnist-binary").labelled_batch(50_000, random())
    assert x.unique().tolist() == [0, 1]
    for picture in range(5):
        own = x[labels == picture, 0].double()
        error = own.mean(0) - grey[picture]
        allowed = 6 * (grey[picture] * (1 - grey[picture]) / len(own)).sqrt()
        assert (error.abs() <= allowed).all(), "black never, white always"


def test_dynamic_noise_is_fresh_and_comes_from_the_generator(folder):
    tiny_mnist(folder, n_train=2)  # one training picture: every draw shows the same
    found = source("mnist-binary")
    x = found.batch(2, random())
    assert not torch.equal(x[0], x[1])
    assert torch.equal(found.batch(2, random()), x)
    assert torch.equal(found.labelled_batch(2, random())[0], x)
    assert not torch.equal(found.batch(2, random(4)), x)


def test_static_pictures_are_fixed_by_their_index(folder):
    tiny_mnist(folder, n_train=1500)  # blocks of noise end inside the splits
    static, dynamic = source("mnist-static"), source("mnist-binary")
    for split in ("train", "validation", "test"):
        whole = static.pictures(split)
        assert whole.unique().tolist() == [0, 1]
        assert torch.equal(dynamic.pictures(split), whole), "the same fixed noise"
        for start, stop in ((0, 7), (3, 4), (5, None), (-2, None), (498, 1003), (9, 9)):
            assert torch.equal(dynamic.pictures(split, start, stop), whole[start:stop])
            assert torch.equal(static.pictures(split, start, stop), whole[start:stop])
        some = torch.tensor([len(whole) - 1, 0, 2])
        assert torch.equal(dynamic.picked(split, some), whole[some])
    known = {picture.numpy().tobytes() for picture in static.pictures("train")}
    assert {picture.numpy().tobytes() for picture in static.batch(500, random())} <= known


def test_static_bits_follow_the_grey(folder):
    half = torch.full((1200, 28, 28), 51, dtype=torch.uint8)  # 51 / 255 = 1/5
    tiny_mnist(folder, n_train=1200, train_images=half)
    x = source("mnist-static").pictures("train")
    deviation = (0.2 * 0.8 / x.numel()) ** 0.5
    assert abs(x.double().mean().item() - 0.2) < 5 * deviation
    agree = (x[:500] == x[500:]).double().mean()
    assert abs(agree - 0.68) < 0.01, "two blocks share no noise"


def test_loading_twice_gives_the_same_object_and_shares_the_bytes(folder):
    tiny_mnist(folder)
    binary, grey = source("mnist-binary"), source("mnist-256")
    assert source("mnist-binary") is binary
    assert binary.split("train").levels.data_ptr() == grey.split("train").levels.data_ptr()
    assert grey.split("train").levels.dtype == torch.uint8
    assert len(grey.sha256) == 64 and binary.sha256 == grey.sha256


def test_missing_files_are_named_with_what_to_do(folder):
    with pytest.raises(DataError, match=r"four files of MNIST.*got none in .*data.*fetch mnist"):
        source("mnist-binary")
    tiny_mnist(folder)
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="without t10k-labels-idx1-ubyte. Run"):
        source("mnist-binary")


@pytest.mark.parametrize("name", ["mnist-", "mnist-1", "mnist-257", "mnist-04x", "mnist-²"])
def test_unknown_forms_are_refused(folder, name):
    tiny_mnist(folder)
    with pytest.raises(DataError, match="mnist-2 to mnist-256, got"):
        source(name)


@pytest.mark.parametrize(
    ("replaced", "sentence"),
    [
        ({"train_labels": torch.zeros(23, dtype=torch.uint8)}, "24 labels in train-labels-idx1"),
        ({"t10k_labels": torch.full((11,), 10, dtype=torch.uint8)}, "labels from 0 to 9 in t10k"),
        ({"t10k_images": torch.zeros(11, 28, 27, dtype=torch.uint8)}, "got 11 × 28 × 27"),
        ({"t10k_images": torch.zeros(0, 28, 28, dtype=torch.uint8)}, "got 0 × 28 × 28"),
        ({"t10k_images": torch.zeros(28, 28, dtype=torch.uint8)}, "to start with 00 00 08 03"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(folder, replaced, sentence):
    tiny_mnist(folder, **replaced)
    with pytest.raises(DataError, match=sentence):
        source("mnist-256")


def test_a_file_cut_short_is_named(folder):
    tiny_mnist(folder, packed=False)
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match="24 × 28 × 28 of train-images-idx3-ubyte, got 4984"):
        source("mnist-256")


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves what lies in its `files`, and notes what was asked."""

    files = {}
    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        data = self.files.get(self.path)
        self.send_response(404 if data is None else 200)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, format, *arguments):
        """Stay silent."""


@pytest.fixture
def mirror(tmp_path):
    """An address that serves a tiny MNIST, its checksums, and the handler of its requests."""
    made = tiny_mnist(tmp_path / "mirror")
    handler = type("TinyMirror", (Mirror,), {"files": {}, "asked": []})
    for name in made:
        handler.files[f"/good/{name}.gz"] = (tmp_path / "mirror" / f"{name}.gz").read_bytes()
    sums = {name: hashlib.md5(idx(values)).hexdigest() for name, values in made.items()}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", sums, handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_files_are_fetched_once_checked_and_found(folder, mirror):
    address, sums, handler = mirror
    home = mnist.fetch([f"{address}/empty", f"{address}/good"], checksums=sums)
    assert sorted(path.name for path in home.iterdir()) == sorted(sums)
    assert source("mnist-256").n_train == 20
    asked = len(handler.asked)
    assert asked == 8, "four misses, four hits"
    (home / "t10k-labels-idx1-ubyte").write_bytes(b"changed")
    mnist.fetch([f"{address}/good"], checksums=sums)
    assert handler.asked[asked:] == ["/good/t10k-labels-idx1-ubyte.gz"]


def test_a_wrong_checksum_is_named_and_nothing_is_kept(tmp_path, mirror):
    address, sums, handler = mirror
    name = "train-labels-idx1-ubyte"
    handler.files[f"/good/{name}.gz"] = gzip.compress(b"something else")
    with pytest.raises(DataError) as caught:
        mnist.fetch([f"{address}/good"], tmp_path / "kept", sums)
    found = hashlib.md5(b"something else").hexdigest()
    assert f"{name} with the MD5 {sums[name]} from {address}" in str(caught.value)
    assert f"got {found}" in str(caught.value)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["train-images-idx3-ubyte"]


def test_mirrors_that_do_not_answer_or_break_off_are_named(tmp_path, mirror):
    address, sums, handler = mirror
    with pytest.raises(DataError, match=r"idx3-ubyte from .*got status 404.*GEN_LAB_DATA"):
        mnist.fetch([f"{address}/empty"], tmp_path, sums)
    first = "/good/train-images-idx3-ubyte.gz"
    handler.files[first] = handler.files[first][:500]
    with pytest.raises(DataError, match=r"from .*good.*no whole file \(EOFError\)"):
        mnist.fetch([f"{address}/good"], tmp_path, sums)
    with pytest.raises(DataError, match=r"9/none/.*no whole file \(ConnectionError\)"):
        mnist.fetch(["http://127.0.0.1:9/none"], tmp_path, sums)


def test_the_published_checksums_are_asked_for_by_default(tmp_path, mirror):
    address, _, _ = mirror
    with pytest.raises(DataError, match="the MD5 6bbc9ace898e44ae57da46a324031adb from"):
        mnist.fetch([f"{address}/good"], tmp_path)


def test_importing_and_naming_reach_for_no_network():
    script = (
        "import socket, sys\n"
        "socket.socket.connect = lambda *_: sys.exit('connects')\n"
        "import gen_core.data.mnist, gen_core.data.images\n"
        "assert not {'pooch', 'requests', 'sklearn'} & set(sys.modules), sys.modules.keys()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
