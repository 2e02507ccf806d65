"""The set that comes with the package: the test half of Fashion-MNIST, greyscale 28x28, 10 classes.

10,000 pictures: the first 9,000 are trained on, the last 1,000 held out. Its licence (MIT) and
source lie beside it in `packaged/`; `scripts/make_fashion.py` rebuilds it.
"""

from functools import partial
from importlib import resources

import numpy as np

from mezzotint.data.source import Content, Entry, Origin
from mezzotint.data.uri import Uri

TRAIN = 9_000
CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def open_fashion(_: Uri) -> Origin:
    """The packaged pictures, in their original order."""
    file = resources.files("mezzotint.data").joinpath("packaged", "fashion.npz")
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    entries = (
        Entry(
            f"fashion {row}",
            partial(_same, image),
            int(labels[row]),
            "train" if row < TRAIN else "validation",
        )
        for row, image in enumerate(images)
    )
    return Origin("fashion", tuple(entries), channels=1, label_names=CLOTHES)


def _split(row: int) -> str:
    return "train" if row < TRAIN else "validation"


def _same(image: np.ndarray) -> Content:
    return image
