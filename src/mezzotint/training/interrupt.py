"""Ctrl-C and SIGTERM: the first asks training to save and stop, a second Ctrl-C stops at once.

Several processes must stop at the same step, whichever of them was asked. At each turn of the loop their
marks are added up on the devices, behind the steps already under way; and each looks at the sum of the turn
before, which is the same in all. So nothing waits, and a stop comes one turn late.
"""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from mezzotint.devices import cut, whole


class Interrupt:
    """Within it, `asked` tells whether somebody wants training to stop."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interrupt":
        """Takes the two signals over, where this is the main thread."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, kind: type | None, value: BaseException | None, trace: TracebackType | None) -> None:
        """Gives the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True


class Agreement:
    """On the turn of the loop at which all processes stop."""

    def __init__(self, mesh: Mesh) -> None:
        """Nobody has been asked yet."""
        self._mesh, self._before = mesh, None
        self._most = jax.jit(lambda marks: marks.max(), out_shardings=whole(mesh))

    def reached(self, asked: bool) -> bool:
        """Whether this is the turn; every process calls it at every turn.

        Args:
            asked: whether this process was asked to stop.
        """
        if not self._mesh.is_multi_process:
            return asked
        mark = np.full(1, asked)
        marks = jax.make_array_from_callback((self._mesh.size,), cut(self._mesh), lambda index: mark)
        before, self._before = self._before, self._most(marks)
        return before is not None and bool(before)
