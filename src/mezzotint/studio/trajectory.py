"""How pictures come out of noise: what the sampler holds, and what it expects, at several times.

For each picture two strips from t = 1 to the last time: the noisy image x, and below it the
network's estimate of the image. The last estimate is the picture.
"""

import numpy as np
from einops import rearrange
from PIL import Image

from mezzotint.model import Model, in_turn
from mezzotint.pictures import Pixels
from mezzotint.sampling import loop
from mezzotint.studio.choose import evenly
from mezzotint.studio.markup import Pictures, image, paragraph, plural, scale, sheet

COUNT = 5  # pictures
MOST_COLUMNS = 8
SIDE = 64  # larger pictures are shown reduced to about this


def trajectory(model: Model, steps: int, seed: int, count: int = COUNT) -> str:
    """The strips under a row of times."""
    columns = evenly(range(steps), MOST_COLUMNS)
    labels = [f"{time:.2f}" for time in _times(model, steps)[columns]]
    classes = in_turn(range(model.config.classes or 0), count)
    frames = model.trajectory(count, steps, seed, labels=classes)
    noisy, estimates = (_strips(each[columns]) for each in frames)
    pairs = [_pair(*pair, labels) for pair in zip(range(1, count + 1), noisy, estimates, strict=True)]
    heads = "".join(f"<span>{label}</span>" for label in labels)
    width = noisy[0].shape[1] * scale(noisy[0].shape[1])
    style = f"--columns: {len(columns)}; --width: {width}px"
    strips = "".join(pairs)
    return f'{_words(steps)}<div class="strips" style="{style}"><p><i>t</i>{heads}</p>{strips}</div>'


def _times(model: Model, steps: int) -> np.ndarray:
    grid = model.grid(model.config.sampler, steps)
    return np.asarray(loop.times(grid, model.config.schedule, steps).values[:steps])


def _words(steps: int) -> str:
    return paragraph(
        f"Sampling in {plural(steps, 'step')}, from noise at t = 1 towards t = 0. In each pair the "
        "upper strip is the noisy image, and the lower one the image that the network expects; the "
        "last one expected is the picture."
    )


def _strips(frames: np.ndarray) -> list[Pixels]:
    """A strip of the frames (time, picture, ...) for each picture."""
    by_picture = rearrange(frames, "t n h w d -> n t h w d")
    return [sheet(reduced(each), columns=len(each)) for each in by_picture]


def _pair(number: int, noisy: Pixels, estimate: Pixels, labels: list[str]) -> str:
    at, enlarged = f"at t = {', '.join(labels)}", scale(noisy.shape[1])
    upper = image(noisy, f"picture {number}, noisy image {at}", enlarged)
    lower = image(estimate, f"picture {number}, image estimate {at}", enlarged)
    return f"<div>{upper}{lower}</div>"


def reduced(images: Pictures) -> Pictures:
    """Pictures of at most about SIDE pixels a side: each pixel the mean of a square."""
    factor = -(-max(images.shape[1:3]) // SIDE)
    if factor == 1:
        return images
    return np.stack([_reduce(each, factor) for each in images])


def _reduce(picture: np.ndarray, factor: int) -> np.ndarray:
    layers = np.moveaxis(picture, -1, 0)
    return np.stack([np.asarray(Image.fromarray(layer).reduce(factor)) for layer in layers], -1)
