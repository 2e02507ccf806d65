"""The same pictures at several training steps: the first of each grid that the run has kept.

A grid file is white between its pictures; it is cut into pictures again, so that the page can show
some of them with nothing in between. A file that is no such grid is passed over.
"""

from pathlib import Path

import numpy as np
from einops import rearrange
from PIL import Image

from mezzotint.config import Config
from mezzotint.pictures import GAP, WHITE, has_row_for_each
from mezzotint.studio.choose import evenly
from mezzotint.studio.markup import Pictures, figure, image, paragraph, plural, scale, sheet
from mezzotint.studio.record import Record

MOST_SHEETS = 6
MOST_PICTURES = 16  # of a grid
MOST_PIXELS = 9 * 64 * 64  # of a grid's pictures together, so that the page stays small
TARGET = 240  # about how wide a grid is drawn


def progress(record: Record, config: Config) -> str:
    """The grids with their steps, or a word where the run has kept none."""
    chosen = evenly(list(record.sheets.items()), MOST_SHEETS)
    cuts = [(step, cut(path, config)) for step, path in chosen]
    figures = [_figure(images, step) for step, images in cuts if images is not None]
    if not figures:
        return paragraph("This run has kept no pictures from its training.")
    words = f"The same noise at each step: only the weights differ. Seed {config.seed}."
    return f'{paragraph(words)}<div class="sheets">{"".join(figures)}</div>'


def cut(path: Path, config: Config) -> Pictures | None:
    """The first pictures of a grid file; None for a file that is no grid of this run's pictures."""
    height, width = config.image_size
    try:
        with Image.open(path) as file:
            pixels = np.asarray(file.convert("L" if config.channels == 1 else "RGB"))
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    padded = np.pad(np.atleast_3d(pixels), ((0, GAP), (0, GAP), (0, 0)))
    if padded.shape[0] % (height + GAP) or padded.shape[1] % (width + GAP):
        return None
    by_class = has_row_for_each(config.classes or 0, config.watch.sample_count)
    order = "(c r)" if by_class else "(r c)"
    cells = rearrange(padded, f"(r h) (c w) d -> {order} h w d", h=height + GAP, w=width + GAP)
    most = min(MOST_PICTURES, config.watch.sample_count, MOST_PIXELS // (height * width) or 1)
    return cells[:most, :height, :width] / WHITE


def _figure(images: Pictures, step: int) -> str:
    drawn = sheet(images)
    alt = f"{plural(len(images), 'picture')} made at training step {step:,}"
    return figure(image(drawn, alt, scale(drawn.shape[1], TARGET)), f"step {step:,}")
