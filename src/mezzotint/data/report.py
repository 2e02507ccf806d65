"""What a look at a source finds: the nouns of `inspect.py`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mezzotint.data.source import Unusable

VERSION = 1  # of the JSON
TRAIN = "train"


@dataclass(frozen=True)
class Picture:
    """One usable picture.

    Attributes:
        row: its position among the origin's entries.
        name: what messages call it.
        label: its class's name; empty where it has none.
        split: the one that training would put it in.
    """

    row: int
    name: str
    label: str
    split: str


@dataclass(frozen=True)
class Group:
    """Two or more pictures that are the same, or nearly."""

    pictures: tuple[Picture, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Their different labels: more than one is a contradiction."""
        return tuple(sorted({picture.label for picture in self.pictures}))

    @property
    def leaks(self) -> bool:
        """Whether some are trained on and others held out."""
        splits = {picture.split for picture in self.pictures}
        return TRAIN in splits and len(splits) > 1


@dataclass(frozen=True)
class Pair(Group):
    """Two pictures that are nearly the same.

    Attributes:
        distance: how many of their hashes' 64 bits differ.
        likeness: how well their slopes agree, at most 1.
        mirrored: whether one is the other's mirror image.
    """

    distance: int = 0
    likeness: float = 1.0
    mirrored: bool = False


@dataclass(frozen=True)
class Sizes:
    """Widths and heights of the upright pictures, in pixels.

    Attributes:
        width: (smallest, median, largest).
        height: (smallest, median, largest).
        frequent: the most frequent sizes, `WIDTHxHEIGHT`, at most 10, and how many have each.
        shapes: how many are `landscape`, `portrait` and `square`.
        below: side in pixels -> how many have a shorter side under it.
    """

    width: tuple[int, float, int]
    height: tuple[int, float, int]
    frequent: Mapping[str, int]
    shapes: Mapping[str, int]
    below: Mapping[int, int]


@dataclass(frozen=True)
class Channels:
    """The pixels of the pictures as training would see them, in [0, 1].

    Attributes:
        size: (height, width) that they were brought to.
        mean: of each channel, 1 or 3.
        deviation: the standard deviation of each channel over all pixels.
    """

    size: tuple[int, int]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]


@dataclass(frozen=True)
class Report:
    """What a source holds.

    Attributes:
        source: its name.
        rows: of the usable pictures, among the origin's entries.
        unusable: what training would leave out, and why.
        splits: as training would split it -> how many pictures.
        labels: a class's name -> how many pictures; empty where nothing is labelled.
        kinds: format and mode, such as `PNG RGBA` -> how many pictures.
        sizes: widths and heights.
        channels: means and deviations.
        flat: how many pictures are nearly of one grey; they are not compared.
        exact: groups of pictures with the same content.
        near: groups of pictures that are nearly the same, exact copies included.
        pairs: the nearly same by pairs, the most alike first, exact copies left out.
        leaked: how many held-out pictures have a double, exact or near, that is trained on.
    """

    source: str
    rows: tuple[int, ...]
    unusable: tuple[Unusable, ...]
    splits: Mapping[str, int]
    labels: Mapping[str, int]
    kinds: Mapping[str, int]
    sizes: Sizes
    channels: Channels
    flat: int
    exact: tuple[Group, ...]
    near: tuple[Group, ...]
    pairs: tuple[Pair, ...]
    leaked: int

    @property
    def reasons(self) -> dict[str, int]:
        """Why pictures are left out -> how many, the most frequent first."""
        return ranked(each.reason for each in self.unusable)

    def document(self) -> dict[str, Any]:
        """All of it, for JSON."""
        fields = asdict(self)
        usable = len(fields.pop("rows"))
        return {"version": VERSION, **fields, "usable": usable, "reasons": self.reasons}


def ranked(values: Iterable[str]) -> dict[str, int]:
    """Value -> how many there are, the most frequent first, then by name."""
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))
