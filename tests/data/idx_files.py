"""Small IDX files made for tests."""

import gzip
import struct

import torch


def idx(values):
    """The bytes of an IDX file that holds a uint8 tensor."""
    head = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
    return head + values.numpy().tobytes()


def tiny_mnist(folder, n_train=24, n_test=11, packed=True, **replaced):
    """Write four files of random pictures; return the tensors by the files' names.

    A keyword such as `train_images` replaces that file's tensor.
    """
    random = torch.Generator().manual_seed(n_train)
    made = {}
    for stem, n in (("train", n_train), ("t10k", n_test)):
        grey = torch.randint(256, (n, 28, 28), generator=random, dtype=torch.uint8)
        grey[:, :5] = 0  # black and white margins, as MNIST has
        grey[:, -3:] = 255
        made[f"{stem}-images-idx3-ubyte"] = replaced.get(f"{stem}_images", grey)
        labels = (torch.arange(n) % 10).to(torch.uint8)
        made[f"{stem}-labels-idx1-ubyte"] = replaced.get(f"{stem}_labels", labels)
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in made.items():
        data = idx(values)
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(data) if packed else data)
    return made
