"""A contact sheet: pictures from all over a set and, below a line, its near duplicates in pairs."""

from collections.abc import Sequence

import numpy as np

from mezzotint.data.decode import decode
from mezzotint.data.fit import Fit
from mezzotint.data.report import Report
from mezzotint.data.source import Origin
from mezzotint.pictures import GAP, WHITE, grid

PAIRS = 20
LINE = 4  # pixels, black, with as much white above and below


def sheet(origin: Origin, report: Report, fit: Fit, count: int = 100) -> np.ndarray:
    """Pictures spread evenly over the set, and up to 20 pairs, those across splits first.

    Args:
        origin: the pictures.
        report: what was found in them.
        fit: the shape of each; it is drawn with 3 channels.
        count: how many pictures at most, above the pairs.

    Returns:
        uint8 (height, width, 3).
    """
    chosen = spread(report.rows, count)
    above = _grid([_picture(origin, row, fit) for row in chosen])
    pairs = sorted(report.pairs, key=lambda pair: not pair.leaks)[:PAIRS]
    if not pairs:
        return above
    couples = [[_picture(origin, each.row, fit) for each in pair.pictures] for pair in pairs]
    columns = max(1, (above.shape[1] + GAP) // (2 * fit.size[1] + GAP))
    below = _grid([np.concatenate(couple, axis=1) for couple in couples], min(columns, len(couples)))
    return _stack(above, below)


def spread(rows: Sequence[int], count: int) -> list[int]:
    """At most `count` of the rows, evenly spaced, the first included."""
    taken = min(count, len(rows))
    return [rows[place * len(rows) // taken] for place in range(taken)]


def _picture(origin: Origin, row: int, fit: Fit) -> np.ndarray:
    picture = decode(origin.entries[row].read(), fit)
    return np.broadcast_to(picture, (*picture.shape[:2], 3))


def _grid(cells: Sequence[np.ndarray], columns: int | None = None) -> np.ndarray:
    return grid(np.stack(cells).astype(np.float32) / WHITE, columns)


def _stack(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """One above the other, with a line between."""
    width = max(above.shape[1], below.shape[1])
    line = np.full((3 * LINE, width, 3), WHITE, np.uint8)
    line[LINE : 2 * LINE] = 0
    wide = [
        np.pad(part, ((0, 0), (0, width - part.shape[1]), (0, 0)), constant_values=WHITE)
        for part in (above, below)
    ]
    return np.concatenate([wide[0], line, wide[1]])
