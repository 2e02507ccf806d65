"""The sample grids of a run as pictures again, and whether there is anything on them."""

from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image

from mezzotint.doctor.finding import Finding, Verdict
from mezzotint.doctor.record import Record
from mezzotint.pictures import WHITE, cells

FLAT = 1 / WHITE  # a deviation of less than one level

Pictures = Float[np.ndarray, "count height width channels"]


def sheets(record: Record) -> dict[int, Pictures]:
    """The pictures of each grid that the journal tells of and that is there, in [0, 1], by step."""
    config = record.config
    count, classes = config.watch.sample_count, config.classes or 0
    steps = sorted({entry["step"] for entry in record.of_kind("sample")})
    paths = {step: record.folder.grid(step) for step in steps}
    return {
        step: pictures / np.float64(WHITE)
        for step, path in paths.items()
        if (pictures := _pictures(path, config.image_size, count, classes)) is not None
    }


def blank(record: Record) -> Finding:
    """Samples of one colour: what numbers that are not finite become, and what collapsed networks make."""
    about, grids = "samples", sheets(record)
    if not grids:
        do = "train with --watch.sample N, or look at `mezzotint sample`"
        return Finding(about, Verdict.UNMEASURED, "the run drew no grids", do)
    step = max(grids)
    flat = int((grids[step].std((1, 2, 3)) < FLAT).sum())
    evidence = {"step": step, "pictures": len(grids[step]), "flat": flat}
    said = f"{flat} of {len(grids[step])} at step {step:,} are of one colour"
    if not flat:
        return Finding(about, Verdict.HEALTHY, said, evidence=evidence)
    do = "see the findings on losses and checkpoints; go back to an earlier checkpoint"
    return Finding(about, Verdict.WRONG, said, do, evidence)


def _pictures(path: Path, size: tuple[int, int], count: int, classes: int) -> np.ndarray | None:
    """The pictures of one file; None where it is missing, damaged, or a grid of something else."""
    try:
        pixels = np.asarray(Image.open(path))
        return cells(pixels[..., None] if pixels.ndim == 2 else pixels, size, count, classes)
    except (OSError, ValueError):
        return None
