"""Which sampling times a command uses: the run's tuned ones where it has them, unless asked otherwise."""

import sys
from typing import Literal

from mezzotint.config import KINDS
from mezzotint.core.grid import Grid
from mezzotint.errors import UserError
from mezzotint.model import Model
from mezzotint.runs.tuned import find
from mezzotint.sampling.method import Sampler

GridName = Literal["run", "tuned", "uniform", "log-snr", "karras"]


def chosen(model: Model, name: GridName | None, sampler: Sampler, steps: int | None) -> Grid:
    """The grid that a name asks for; without one a tuned grid, which is said, or else the run's own.

    Raises:
        UserError: a tuned grid is asked for, and the run has none for this sampler and number of steps.
    """
    steps = model.config.sampling_steps if steps is None else steps
    tuned = find(model.tuned, sampler, steps) if name in (None, "tuned") else None
    if tuned:
        at = "" if tuned.checkpoint is None else f" at training step {tuned.checkpoint:,}"
        print(f"sampling times tuned for {tuned.sampler} in {steps} steps{at}", file=sys.stderr)
        return tuned.grid
    if name == "tuned":
        raise UserError(f"the run has no grid tuned for this sampler in {steps} steps: {_known(model)}")
    return KINDS["grid"][name]() if name in KINDS["grid"] else model.config.grid


def _known(model: Model) -> str:
    """What is tuned, or how to tune."""
    known = ", ".join(f"{each.sampler} in {each.steps}" for each in model.tuned)
    return f"it has {known}" if known else "make one with `mezzotint tune`"
