"""What a run's journal and folder tell of its past: losses, speeds, devices, grids of pictures.

    folder -> Record

Nothing here trusts the files: an entry without a figure, a figure that is not a finite number, a
grid that is missing or lies outside the run: all are passed over.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeGuard

from mezzotint.runs import checkpoint, journal
from mezzotint.runs.folder import RunFolder
from mezzotint.runs.seal import verify

Point = tuple[int, float]  # a step and a figure
Entry = dict[str, Any]


@dataclass(frozen=True)
class Record:
    """A run's past.

    Attributes:
        trained: the step of the newest whole checkpoint; None for weights without a run.
        training: the loss at each line of the journal, by rising step.
        validation: the loss on held-out pictures.
        speed: the median of the images a second; None where there is no such figure.
        start: what the last start said of itself: devices, versions.
        sheets: the grids of pictures that are there, by rising step.
    """

    trained: int | None
    training: list[Point]
    validation: list[Point]
    speed: float | None
    start: Entry
    sheets: dict[int, Path]


def read(folder: RunFolder) -> Record:
    """The record of a run folder; an empty one where there is no journal."""
    entries = [entry for entry in journal.read(folder.journal) if _is_entry(entry)]
    starts = [entry for entry in entries if entry["kind"] == "start"]
    return Record(
        trained=_trained(folder.checkpoints),
        training=_losses(entries, "train"),
        validation=_losses(entries, "validation"),
        speed=_speed(entries),
        start=starts[-1] if starts else {},
        sheets=dict(sorted(_sheets(folder, entries))),
    )


def _trained(checkpoints: Path) -> int | None:
    for step in checkpoint.steps(checkpoints):
        try:
            verify(checkpoints / str(step))
        except (ValueError, OSError):
            continue
        return step
    return None


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and "kind" in entry and type(entry.get("step")) is int


def _losses(entries: list[Entry], kind: str) -> list[Point]:
    losses = {
        entry["step"]: float(entry["loss"])
        for entry in entries
        if entry["kind"] == kind and _is_figure(entry.get("loss"))
    }
    return sorted(losses.items())


def _speed(entries: list[Entry]) -> float | None:
    seconds = [entry.get("seconds") for entry in entries if entry["kind"] == "train"]
    speeds = [each.get("images_per_second") for each in seconds if isinstance(each, dict)]
    figures = [float(speed) for speed in speeds if _is_figure(speed)]
    return median(figures) if figures else None


def _is_figure(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and math.isfinite(value)


def _sheets(folder: RunFolder, entries: list[Entry]) -> Iterator[tuple[int, Path]]:
    root = folder.path.resolve()
    for entry in entries:
        if entry["kind"] == "sample" and isinstance(entry.get("file"), str):
            path = (root / entry["file"]).resolve()
            if path.is_relative_to(root) and path.is_file():
                yield entry["step"], path
