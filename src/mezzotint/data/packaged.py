"""The sets that come with the package. Licences and sources lie beside them in `packaged/`.

- `fashion`: the test half of Fashion-MNIST, greyscale 28x28, 10 classes. 10,000 pictures: the first
  9,000 are trained on, the last 1,000 held out. MIT; `scripts/make_fashion.py` rebuilds it.
- `emoji`: faces, animals, plants, food and drinks of Noto and Fluent 3D, in colour on white, 64x64, 5
  classes. 813 pictures of 411 emoji: a tenth of each class's emoji are held out, both styles together.
  Apache-2.0 and MIT; `scripts/make_emoji.py` rebuilds it.
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
KINDS_OF_EMOJI = ("face", "animal", "plant", "food", "drink")


def open_fashion(_: Uri) -> Origin:
    """The packaged clothes, in their original order; labels 0 to 9."""
    arrays = _arrays("fashion.npz")
    entries = (
        Entry(f"fashion {row}", partial(_same, image), int(label), _split(row >= TRAIN))
        for row, (image, label) in enumerate(zip(arrays["images"], arrays["labels"], strict=True))
    )
    return Origin("fashion", tuple(entries), channels=1, label_names=CLOTHES)


def open_emoji(_: Uri) -> Origin:
    """The packaged emoji, in Unicode's order; labels 0 face, 1 animal, 2 plant, 3 food, 4 drink.

    An entry's name is `emoji`, the style (`noto` or `fluent`) and the code points, such as
    `emoji noto 1f600`. Its content is a lossless WebP file.
    """
    arrays = _arrays("emoji.npz")
    files = np.split(arrays["files"], arrays["ends"][:-1])
    columns = (files, arrays["styles"], arrays["codes"], arrays["labels"], arrays["held_out"])
    entries = (
        Entry(f"emoji {style} {code}", partial(_same, file.tobytes()), int(label), _split(held_out))
        for file, style, code, label, held_out in zip(*columns, strict=True)
    )
    return Origin("emoji", tuple(entries), channels=3, label_names=KINDS_OF_EMOJI)


def _split(held_out: bool) -> str:
    return "validation" if held_out else "train"


def _arrays(name: str) -> dict[str, np.ndarray]:
    file = resources.files("mezzotint.data").joinpath("packaged", name)
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return dict(arrays)


def _same(content: Content) -> Content:
    return content
