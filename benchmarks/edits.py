"""How good edits are: on one trained run, of its own held-out pictures.

    python benchmarks/edits.py RUN [--count 64] [--only seam invert upscale colorize]

- seam: boxes of half a side at random places are painted anew. The mean absolute difference of neighbours
  across the boxes' edges, over that of neighbours inside: of the real pictures, and of the painted ones,
  where known pixels are replaced alone and where they guide what is painted, as `edits.inpaint` does.
- invert: pictures that come back from their noise, by steps.
- upscale, colorize: pictures made small or grey, and made again: peak signal-to-noise ratio to the real ones,
  beside that of plain enlargement or of grey, and the mean distance from what was given.
"""

import argparse
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from einops import reduce
from jax.tree_util import Partial
from jaxtyping import Bool, Float
from PIL import Image

import mezzotint
from mezzotint import Model, edits
from mezzotint.core.pixels import encode, scale
from mezzotint.data.open import open_source
from mezzotint.editing.inpaint import keep, match, resample
from mezzotint.editing.noise import start_from
from mezzotint.editing.plan import Edits
from mezzotint.editing.restore import agree
from mezzotint.pictures import to_bytes
from mezzotint.sampling.presets import PRESETS

Pictures = Float[np.ndarray, "count height width channels"]
Masks = Bool[np.ndarray, "count height width"]


class Seam(NamedTuple):
    """Mean absolute differences of neighbouring pixels.

    Attributes:
        across: of pairs of which one is painted.
        inside: of pairs of which both are.
    """

    across: float
    inside: float


def seam(pictures: Pictures, masks: Masks) -> Seam:
    """The differences over all pictures, to the right and downwards."""
    across, inside = [], []
    for axis in (1, 2):
        steps = np.abs(np.diff(pictures, axis=axis)).mean(-1)
        painted = np.lib.stride_tricks.sliding_window_view(masks, 2, axis)
        across.append(steps[painted.any(-1) & ~painted.all(-1)])
        inside.append(steps[painted.all(-1)])
    return Seam(float(np.concatenate(across).mean()), float(np.concatenate(inside).mean()))


def boxes(count: int, height: int, width: int) -> Masks:
    """Boxes of half a side at random places, none of them at an edge."""
    generator = np.random.default_rng(0)
    masks = np.zeros((count, height, width), bool)
    for mask in masks:
        top = generator.integers(1, height - height // 2)
        left = generator.integers(1, width - width // 2)
        mask[top : top + height // 2, left : left + width // 2] = True
    return masks


def seams(model: Model, real: Pictures) -> Iterator[str]:
    """A row for each sampler and number of steps: known pixels replaced alone, with repeats, and guiding."""
    masks = boxes(len(real), *real.shape[1:3])
    yield f"real pictures: {_seam_row(seam(real, masks), real, real, masks)}"
    encoded, mask = encode(jnp.asarray(real), model.pixels), jnp.asarray(masks)[..., None]
    known = Partial(keep, picture=encoded, mask=mask)
    std = edits.STD / scale(model.pixels)
    guided = Partial(match, picture=encoded, mask=mask, std=std)
    ways = {"replaced": (known,), "guided": (guided, known)}
    for name, steps in (("ddpm", 20), ("ddim", 20), ("ddpm", 50)):
        for way, repeats in (("replaced", 1), ("replaced", 5), ("replaced", 20), ("guided", 1)):
            again = () if repeats == 1 else (Partial(resample, repeats=repeats),)
            made, seconds = _timed(model, real, name, steps, (*ways[way], *again))
            row = _seam_row(seam(made, masks), made, real, masks)
            yield f"{name} {steps} steps, {way}, {repeats:2} repeats: {row}, {seconds:.1f} s"


def _seam_row(found: Seam, made: Pictures, real: Pictures, masks: Masks) -> str:
    changed = int((to_bytes(made) != to_bytes(real))[~masks].sum())
    return (
        f"across {found.across:.4f}, inside {found.inside:.4f}, ratio {found.across / found.inside:.3f}; "
        f"{changed} known bytes changed, painted {np.abs(made - real)[masks].mean():.3f} from the real ones"
    )


def inversions(model: Model, real: Pictures) -> Iterator[str]:
    """A row for each sampler and number of steps."""
    for name in ("ddim", "heun"):
        for steps in (5, 10, 20, 50):
            start = model.invert(real, steps, PRESETS[name])
            made, _ = _timed(model, real, name, steps, (Partial(start_from, x=start),))
            mean, psnr = edits.distance(made, real)
            spread = float(start.std())
            yield f"{name} {steps} steps: {mean:.3f}/255, {psnr:.1f} dB, noise of std {spread:.3f}"


def upscalings(model: Model, real: Pictures) -> Iterator[str]:
    """A row for each factor and sampler."""
    for factor in (2, 4):
        small = _small(real, factor)
        plain = small.repeat(factor, 1).repeat(factor, 2)
        smooth = np.stack([_smooth(each, (real.shape[1], real.shape[2])) for each in small])
        for name, made in (("repeated", plain), ("bilinear", smooth)):
            yield f"x{factor} {name}: {_given_row(made, real, _small(made, factor), small)}"
        for name in ("ddim", "ddpm"):
            changes = _arguments(edits.upscale(model, small[0]))
            changes["measured"] = encode(jnp.asarray(small), model.pixels)
            made, seconds = _timed(model, real, name, 20, (Partial(agree, **changes),))
            row = _given_row(made, real, _small(made, factor), small)
            yield f"x{factor} {name} 20 steps: {row}, {seconds:.1f} s"


def colorings(model: Model, real: Pictures) -> Iterator[str]:
    """A row for each sampler."""
    if real.shape[-1] != 3:
        yield "the run's pictures are grey"
        return
    grey = real @ edits.LUMA[:, None]
    yield f"grey: {_given_row(grey.repeat(3, -1), real, grey, grey)}"
    for name in ("ddim", "ddpm"):
        changes = [_arguments(edits.colorize(model, each)) for each in grey]
        measured = jnp.concatenate([each["measured"] for each in changes])
        made, seconds = _timed(
            model, real, name, 20, (Partial(agree, **{**changes[0], "measured": measured}),)
        )
        yield f"{name} 20 steps: {_given_row(made, real, made @ edits.LUMA[:, None], grey)}, {seconds:.1f} s"


def _given_row(made: Pictures, real: Pictures, found: np.ndarray, given: np.ndarray) -> str:
    psnr, missed = edits.distance(made, real).psnr, edits.distance(found, given).mean_absolute
    return f"{psnr:.2f} dB from the real ones, {missed:.2f}/255 from what was given"


def _timed(model: Model, real: Pictures, name: str, steps: int, changes: Edits) -> tuple[Pictures, float]:
    began = time.perf_counter()
    made = model.sample(len(real), steps, sampler=PRESETS[name], edits=changes, batch_size=len(real))
    return made, time.perf_counter() - began


def _arguments(changes: Edits) -> dict[str, Any]:
    """What the only edit is told."""
    (edit,) = changes
    assert isinstance(edit, Partial), "edits are pytrees"
    return dict(edit.keywords)


def _small(pictures: Pictures, factor: int) -> Pictures:
    return reduce(pictures, "n (h p) (w q) c -> n h w c", "mean", p=factor, q=factor)


def _smooth(small: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    layers = [
        Image.fromarray(layer).resize((size[1], size[0]), Image.Resampling.BILINEAR)
        for layer in np.moveaxis(small, -1, 0)
    ]
    return np.stack([np.asarray(layer) for layer in layers], -1)


PARTS = {"seam": seams, "invert": inversions, "upscale": upscalings, "colorize": colorings}


def main() -> None:
    """Prints the rows of each part as they are measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run")
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    model = mezzotint.load(options.run)
    held_out = open_source(model.config.data, model.config.fit).validation
    places = np.linspace(0, len(held_out) - 1, options.count).astype(int)
    real = np.stack([held_out[int(place)]["image"] for place in places]) / np.float32(255)
    for part in options.only:
        for row in PARTS[part](model, real):
            print(f"{part}: {row}", flush=True)


if __name__ == "__main__":
    main()
