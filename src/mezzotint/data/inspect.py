"""What a source holds, found in one pass: counts, sizes, formats, colours, duplicates, leaks.

Of each picture only a few hundred bytes are kept, so a set of any size can be looked at. Every picture
is decoded in full: damage that training would meet is found here first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from mezzotint.data.decode import see
from mezzotint.data.duplicates import DISTANCE, LIKENESS, Looks, Match, components, near
from mezzotint.data.fit import Fit
from mezzotint.data.report import TRAIN, Channels, Group, Pair, Picture, Report, Sizes, ranked
from mezzotint.data.source import NO_LABEL, Content, Origin, Unusable
from mezzotint.data.split import own_or_by_content, sides
from mezzotint.data.survey import Usable, survey
from mezzotint.errors import UserError


def inspect(
    origin: Origin,
    fit: Fit,
    *,
    split: str = "",
    distance: int = DISTANCE,
    likeness: float = LIKENESS,
    seen: Callable[[], object] = lambda: None,
) -> Report:
    """Look at every picture of an origin once, in parallel.

    Args:
        origin: the pictures.
        fit: the shape for the channels' statistics; crops `centre` and `pad`.
        split: look at this split alone.
        distance: of near duplicates' hashes, in bits, 0 to 8.
        likeness: of near duplicates' slopes, -1 to 1.
        seen: called after each picture, from several threads.

    Raises:
        UserError: none of the pictures can be used, or none is in the split.
    """
    notes = _Notes(len(origin.entries), fit, seen)
    usable, unusable = survey(origin.entries, notes.take)
    if not usable:
        raise UserError(_nothing_usable(origin, (*origin.unusable, *unusable)))
    pictures = _pictures(origin, usable, split)
    digests = {found.row: found.digest for found in usable}
    copies = _copies(pictures, digests)
    matches = near(notes.looks.at([copy[0].row for copy in copies]), distance, likeness)
    groups = _groups(copies, matches)
    rows = [picture.row for picture in pictures]
    exact = tuple(Group(copy) for copy in copies if len(copy) > 1)
    return Report(
        source=origin.name,
        rows=tuple(rows),
        unusable=(*origin.unusable, *unusable),
        splits=ranked(picture.split for picture in pictures),
        labels=ranked(picture.label for picture in pictures if picture.label),
        kinds=ranked(notes.kinds[row] for row in rows),
        sizes=_sizes(notes.sizes[rows]),
        channels=notes.channels(rows),
        flat=int(notes.looks.at(rows).flat.sum()),
        exact=exact,
        near=groups,
        pairs=tuple(_pair(copies, match) for match in matches),
        leaked=_leaked((*exact, *groups)),
    )


def _nothing_usable(origin: Origin, unusable: Sequence[Unusable]) -> str:
    if not unusable:
        return f"{origin.name} is empty: it has no files"
    (reason, count), *_ = ranked(each.reason for each in unusable).items()
    return (
        f"{origin.name} has no usable picture: {len(unusable)} files were left out, {count} of them "
        f"because {reason}"
    )


class _Notes:
    """What the pass keeps of each picture; each row is written by one thread."""

    def __init__(self, count: int, fit: Fit, seen: Callable[[], object]) -> None:
        self.fit, self.seen = fit, seen
        self.kinds = [""] * count
        self.sizes = np.zeros((count, 2), np.int32)
        self.depths = np.zeros(count, np.int8)
        self.moments = np.zeros((count, 2, 3))  # of each channel: mean, and mean of squares
        self.looks = Looks.room(count)

    def take(self, row: int, content: Content) -> int:
        """Write a picture's row; gives its channels."""
        try:
            picture = see(content, self.fit)
        finally:
            self.seen()
        self.kinds[row], self.sizes[row] = picture.kind, picture.size
        self.depths[row] = picture.fitted.shape[-1]
        self.moments[row] = _moments(picture.fitted)
        self.looks.take(row, picture.whole)
        return picture.fitted.shape[-1]

    def channels(self, rows: Sequence[int]) -> Channels:
        """The statistics over some rows; grey ones among coloured ones count in each channel."""
        mean, square = self.moments[rows].mean(axis=0)[:, : self.depths[rows].max()]
        deviation = np.sqrt(np.maximum(0, square - mean**2))
        return Channels(self.fit.size, tuple(mean.tolist()), tuple(deviation.tolist()))


def _moments(picture: np.ndarray) -> np.ndarray:
    """Mean and mean of squares in [0, 1], (2, 1 or 3), of uint8 (height, width, channels).

    Counting the 256 levels first is eight times as quick as squaring every pixel.
    """
    channels = picture.reshape(-1, picture.shape[-1]).T
    counts = np.stack([np.bincount(channel, minlength=256) for channel in channels])
    levels = np.arange(256) / 255.0
    return np.stack([counts @ levels, counts @ levels**2]) / channels.shape[1]


def _pictures(origin: Origin, usable: Sequence[Usable], only: str) -> list[Picture]:
    """The usable pictures, each in the split that training would put it in."""
    rows, digests = [found.row for found in usable], [found.digest for found in usable]
    given = [origin.entries[row].split for row in rows]
    chosen = sides(origin.name, rows, digests, given, only)
    splits = {} if only else dict(zip(rows, own_or_by_content(digests, given), strict=True))
    splits |= dict.fromkeys(chosen.train, TRAIN) | dict.fromkeys(chosen.validation, "validation")
    return [
        Picture(row, origin.entries[row].name, _label(origin, row), splits[row])
        for row in rows
        if row in splits
    ]


def _label(origin: Origin, row: int) -> str:
    label = origin.entries[row].label
    if label == NO_LABEL:
        return ""
    return origin.label_names[label] if label < len(origin.label_names) else str(label)


def _copies(pictures: Sequence[Picture], digests: Mapping[int, bytes]) -> list[tuple[Picture, ...]]:
    """The pictures by content."""
    groups: dict[bytes, list[Picture]] = {}
    for picture in pictures:
        groups.setdefault(digests[picture.row], []).append(picture)
    return [tuple(group) for group in groups.values()]


def _groups(copies: Sequence[tuple[Picture, ...]], matches: Sequence[Match]) -> tuple[Group, ...]:
    linked = components([(match.first, match.second) for match in matches])
    return tuple(Group(tuple(each for place in group for each in copies[place])) for group in linked)


def _pair(copies: Sequence[tuple[Picture, ...]], match: Match) -> Pair:
    both = (copies[match.first][0], copies[match.second][0])
    return Pair(both, match.distance, round(match.likeness, 4), match.mirrored)


def _leaked(groups: Iterable[Group]) -> int:
    held = {each.row for group in groups if group.leaks for each in group.pictures if each.split != TRAIN}
    return len(held)


def _sizes(sizes: np.ndarray) -> Sizes:
    """Statistics of (N, 2) widths and heights."""
    width, height = sizes.T
    frequent = ranked(f"{width}x{height}" for width, height in sizes.tolist())
    shapes = {
        "landscape": int((width > height).sum()),
        "portrait": int((width < height).sum()),
        "square": int((width == height).sum()),
    }
    below = {side: int((sizes.min(axis=1) < side).sum()) for side in (32, 64, 128, 256, 512)}
    return Sizes(_spread(width), _spread(height), dict(list(frequent.items())[:10]), shapes, below)


def _spread(values: np.ndarray) -> tuple[int, float, int]:
    return int(values.min()), float(np.median(values)), int(values.max())
