"""`mezzotint tune RUN`: sampling times fitted to a run's model, for `mezzotint sample` to use."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from mezzotint.errors import UserError
from mezzotint.model import load
from mezzotint.runs import checkpoint, tuned
from mezzotint.runs.folder import RunFolder
from mezzotint.runs.tuned import Tuned
from mezzotint.tuning.tune import SOLUTION, tune


@dataclass(frozen=True)
class Options:
    """Find the sampling times at which few steps come nearest to the run's own many-step solution.

    They are kept in the run, and used by `mezzotint sample` for the same sampler and number of steps.

    Attributes:
        run: a run folder, or a folder with config.json and model.safetensors.
        steps: numbers of steps, such as 5,10.
        sampler: the method: one that draws no noise, such as ddim, dpmpp-2m or heun.
        pictures: how many are fitted to; as many others are measured on.
        seed: of their noise.
    """

    run: Annotated[Path, tyro.conf.Positional]
    steps: str = "5,10"
    sampler: str = "ddim"
    pictures: int = 64
    seed: int = 0


def main(arguments: list[str]) -> None:
    """Finds a grid for each number of steps, keeps it, and says what it gains."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint tune")
    steps = numbers(options.steps)
    folder = RunFolder(options.run.expanduser())
    model = load(options.run)
    step = next(iter(checkpoint.steps(folder.checkpoints)), None)
    each = tune(model, steps, options.sampler, count=options.pictures, seed=options.seed, checkpoint=step)
    print(f"solving {2 * options.pictures:,} pictures in {SOLUTION[1]} steps first", file=sys.stderr)
    kept = model.tuned
    for found in each:
        kept = tuned.replaced(kept, found)
        tuned.write(folder.tuned, kept)
        print(text(found))
    print(folder.tuned)


def numbers(words: str) -> list[int]:
    """5,10 -> [5, 10]."""
    try:
        return [int(word) for word in words.split(",")]
    except ValueError:
        raise UserError(
            f"--steps takes numbers with commas between them, such as 5,10, not {words!r}"
        ) from None


def text(found: Tuned) -> str:
    """What a grid gains, as root mean square differences in grey levels."""
    before, after = (255 * squared**0.5 for squared in (found.before, found.after))
    head = f"{found.sampler} in {found.steps} steps: {after:.2f} grey levels from the many-step solution"
    if found.after < found.before:
        return f"{head}, {before:.2f} by the best standard grid ({found.standard})"
    return f"{head}, by the standard grid {found.standard}: none was found that comes nearer"
