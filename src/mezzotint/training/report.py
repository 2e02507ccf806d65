"""What a run says of itself while it trains: progress, journal, TensorBoard.

Figures are read one step late, so that the next step is under way while they are fetched. Whatever goes
to disk here may fail without stopping the training: a full disk is said once for each kind of file.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from jaxtyping import Array
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mezzotint.pictures import Pixels
from mezzotint.processes import first
from mezzotint.runs import journal
from mezzotint.runs.folder import RunFolder
from mezzotint.training.board import Board
from mezzotint.training.pace import Pace

QUIET_SECONDS = 15.0  # between lines, where there is no terminal to draw a bar on

SKIPPED = "skipped"  # the name of their number in a line
LONG_WAIT = 0.05  # share of the time, above which people are told

Metrics = dict[str, Array]
Window = dict[str, list[float]]


class Report:
    """Takes each step's figures, writes their means every `log` steps.

    Attributes:
        window: the figures since the last line, which a checkpoint keeps so that a resumed run
            writes the same lines; of skipped steps their number alone.
        skipped: steps in a row, up to the last one, that were skipped for figures that are not finite.
        longest: the greatest number of them so far.
    """

    def __init__(
        self, folder: RunFolder, console: Console, start: int, steps: int, batch: int, log: int
    ) -> None:
        """Opens the files of a run.

        Args:
            folder: the run's.
            console: where people read.
            start: steps done already.
            steps: of the whole run.
            batch: pictures a step.
            log: steps between two lines of the journal; 0 for none.
        """
        self.window: Window = {}
        self.skipped, self.longest = 0, 0
        self._folder, self._console, self._batch, self._log = folder, console, batch, log
        self._writes = first()
        self._steps, self._pending = steps, None
        self._board = Board(folder.tensorboard, start)
        self._failed: set[str] = set()
        self._waited, self._since_waited = 0.0, 0.0
        self._pace(start)
        self._progress = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("training", total=steps, completed=start, figures="")
        self._progress.start()

    def steps(self, first: int, count: int, metrics: Metrics, waited: float = 0.0) -> None:
        """Takes the figures of some steps, and works on those before.

        Args:
            first: the first of the steps.
            count: how many there are.
            metrics: scalars for one step, or arrays with a step in each row.
            waited: seconds that the training has waited on data since it started.
        """
        self.settle()
        self._pending = (range(first, first + count), metrics)
        self._waited = waited

    def settle(self) -> None:
        """Works on the figures at hand, waiting for them."""
        if self._pending is None:
            return
        steps, metrics = self._pending
        self._pending = None
        rows = {name: np.atleast_1d(np.asarray(value)) for name, value in metrics.items()}
        for row, step in enumerate(steps):
            self._take(step, {name: float(values[row]) for name, values in rows.items()})

    def _take(self, step: int, figures: dict[str, float]) -> None:
        finite = all(map(math.isfinite, figures.values()))
        self.skipped = 0 if finite else self.skipped + 1
        self.longest = max(self.longest, self.skipped)
        for name, value in figures.items() if finite else [(SKIPPED, 1.0)]:
            self.window.setdefault(name, []).append(value)
        if self._log and step % self._log == 0:
            self._write_window(step)

    def rewind(self, step: int, window: Window, skipped: int) -> None:
        """Goes on from a step, with what a checkpoint has kept of the steps before it."""
        self.window, self.skipped, self.longest, self._pending = window, skipped, skipped, None
        self._since_waited = self._waited
        self._pace(step)

    def _pace(self, step: int) -> None:
        """Starts every clock: the whole start's, that of a line for people, and that of the journal's."""
        self._whole, self._line, self._interval = Pace(step), Pace(step), Pace(step)

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Time that does not count as training: validation, pictures, checkpoints."""
        self.settle()
        began = time.monotonic()
        yield
        for pace in (self._whole, self._line, self._interval):
            pace.pause(time.monotonic() - began)

    def entry(self, kind: str, step: int, **figures: Any) -> None:
        """Writes a line of the journal, and its numbers to TensorBoard."""
        if not self._writes:
            return
        with self._disk("journal.jsonl"):
            journal.append(self._folder.journal, kind, step, **figures)
        for name, value in figures.items():
            if isinstance(value, float) and kind in ("train", "validation", "evaluation"):
                self._point(f"{kind}/{name}", value, step)

    def picture(self, step: int, sheet: Pixels, save: Callable[[], None]) -> None:
        """Saves a grid by `save`, notes it, and shows it in TensorBoard."""
        with self._disk("samples"):
            save()
            file = self._folder.grid(step).relative_to(self._folder.path)
            self.entry("sample", step, file=str(file))
        with self._disk("tensorboard"):
            self._board.image("samples", sheet, step)

    def say(self, text: str) -> None:
        """A line for people."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def close(self) -> None:
        """Ends the progress bar and the files."""
        self._progress.stop()
        with self._disk("tensorboard"):
            self._board.close()

    def _write_window(self, step: int) -> None:
        skipped = len(self.window.pop(SKIPPED, []))
        means = {name: float(np.mean(values)) for name, values in self.window.items()}
        figures = {**means, SKIPPED: skipped} if skipped else means
        self.window = {}
        elapsed = self._interval.seconds()
        speed = self._interval.images_per_second(step, self._batch)
        waited = (self._waited - self._since_waited) / elapsed
        seconds = {
            "images_per_second": round(speed, 2),
            "elapsed": round(elapsed, 3),
            "waiting_on_data": round(waited, 4),
        }
        self.entry("train", step, **figures, seconds=seconds)
        for name, value in (("images_per_second", speed), ("waiting_on_data", waited)):
            self._point(f"train/{name}", value, step)
        self._interval, self._since_waited = Pace(step), self._waited
        slow = f"  waits on data {waited:.0%} of the time" if waited > LONG_WAIT else ""
        loss = f"loss {means['loss']:.4f}" if means else "no loss"
        lost = f"  {skipped} skipped" if skipped else ""
        self._show(step, loss, f"{lost}{slow}")

    def _point(self, name: str, value: float, step: int) -> None:
        if self._writes:
            with self._disk("tensorboard"):
                self._board.scalar(name, value, step)

    def _show(self, step: int, loss: str, warnings: str) -> None:
        """Draws the bar, or says a line every so often; the last one gives the speed of the whole start.

        A GPU that takes several steps at once tells of them when the next ones are nearly done too, so that
        the last interval alone would seem to take no time.
        """
        last = step == self._steps
        speed = (self._whole if last else self._line).images_per_second(step, self._batch)
        figures = f"{loss}  {speed:.0f} images/s{warnings}"
        self._progress.update(self._task, completed=step, figures=figures)
        if last or self._line.seconds() > QUIET_SECONDS:
            self._line = Pace(step)
            if not self._console.is_terminal:
                self.say(f"step {step}/{self._steps}  {figures}")

    @contextmanager
    def _disk(self, kind: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if kind not in self._failed:
                self._failed.add(kind)
                self.say(f"warning: cannot write {kind}: {error.strerror or error}; training goes on")
