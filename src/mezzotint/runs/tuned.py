"""tuned.json: sampling times that were fitted to a run's model, and what they gain.

    {"version": 1, "grids": [{"sampler": "ddim", "times": [1.0, 0.7, ...], "after": 0.002, ...}]}

There is one grid at most for a sampler and a number of steps.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mezzotint.config import decode, encode
from mezzotint.core.grid import Given
from mezzotint.errors import UserError
from mezzotint.files import write_whole
from mezzotint.sampling.method import Sampler
from mezzotint.sampling.presets import preset

VERSION = 1


@dataclass(frozen=True)
class Tuned:
    """A grid for a sampler and a number of steps, and how near it comes to the many-step solution.

    Attributes:
        sampler: the name of the method, as on the command line.
        times: the grid.
        standard: the name of the standard grid that comes nearest.
        before: that grid's mean squared error a pixel, of pixels in [0, 1], on noise that nothing was
            fitted to.
        after: this grid's, on the same noise; `before` where the standard grid was kept.
        pictures: how many were fitted to, and how many measured on.
        seed: of their noise.
        checkpoint: the training step of the weights; None where they have left their run.
    """

    sampler: str
    times: tuple[float, ...]
    standard: str
    before: float
    after: float
    pictures: int
    seed: int
    checkpoint: int | None

    def __post_init__(self) -> None:
        """Refuses times that are no grid, and a sampler that there is not."""
        _ = self.grid, preset(self.sampler)

    @property
    def steps(self) -> int:
        """The number of times."""
        return len(self.times)

    @property
    def grid(self) -> Given:
        """The times as a grid."""
        return Given(self.times)


def read(path: Path) -> tuple[Tuned, ...]:
    """The grids of a file; none where there is no file.

    Raises:
        UserError: it is damaged, or of another version.
    """
    if not path.exists():
        return ()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        version, bodies = document["version"], list(document["grids"])
    except (ValueError, KeyError, TypeError, RecursionError, IsADirectoryError) as error:
        raise UserError(_damaged(path, repr(error))) from None
    if version != VERSION:
        raise UserError(f"{path} has version {version}; this program reads {VERSION}")
    try:
        return tuple(decode(Tuned, body, f"grids[{index}]") for index, body in enumerate(bodies))
    except (UserError, TypeError) as error:
        raise UserError(_damaged(path, str(error))) from None


def write(path: Path, grids: Sequence[Tuned]) -> None:
    """Writes the file whole or not at all."""
    document = {"version": VERSION, "grids": [encode(each) for each in grids]}
    write_whole(path, json.dumps(document, indent=2) + "\n")


def replaced(grids: Sequence[Tuned], new: Tuned) -> tuple[Tuned, ...]:
    """The grids with a new one in the place of the one for its sampler and steps."""
    others = [each for each in grids if (each.sampler, each.steps) != (new.sampler, new.steps)]
    return tuple(sorted([*others, new], key=lambda each: (each.sampler, each.steps)))


def find(grids: Sequence[Tuned], sampler: Sampler, steps: int) -> Tuned | None:
    """The grid for a sampler and a number of steps, where there is one."""
    fitting = (each for each in grids if each.steps == steps and preset(each.sampler) == sampler)
    return next(fitting, None)


def _damaged(path: Path, reason: str) -> str:
    return f"{path} is damaged: {reason}; delete it, and tune again"
