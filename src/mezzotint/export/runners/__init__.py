"""Runs exported files, each by its own runtime and NumPy alone: nothing here imports JAX but `stablehlo`."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

Arrays = dict[str, np.ndarray]
Run = Callable[[Arrays], Arrays]


class Runner(Protocol):
    """A module of this package."""

    def load(self, folder: Path, threads: int) -> Run:
        """The exported program as a function of named arrays.

        Args:
            folder: that `mezzotint export` wrote.
            threads: of the runtime; 0 for its own choice.
        """
        ...
