"""What a run folder holds of its past, read once; every look is a pure function of it."""

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from mezzotint.config import Config
from mezzotint.errors import UserError
from mezzotint.evaluation import report as reports
from mezzotint.evaluation.report import Report
from mezzotint.model import Model, load
from mezzotint.runs import checkpoint, journal
from mezzotint.runs.folder import RunFolder

SMOOTHED = 10  # lines of the journal that a level is the median of

Entry = Mapping[str, Any]


class Series(NamedTuple):
    """A figure over the steps; a line without it is left out, one that is not finite is not."""

    steps: Int[np.ndarray, " lines"]
    values: Float[np.ndarray, " lines"]

    def level(self, step: int) -> float:
        """The median of the last lines up to a step."""
        return float(np.median(self.values[self.steps <= step][-SMOOTHED:]))


@dataclass(frozen=True)
class Record:
    """A run's past.

    Attributes:
        folder: where it is.
        config: what was to be trained.
        entries: the journal.
        model: the averages of the newest checkpoint that can be read, or weights that have left a run; None
            where there are none.
        reports: the evaluations of the run, of whatever weights, by the path of their file.
    """

    folder: RunFolder
    config: Config
    entries: tuple[Entry, ...]
    model: Model | None
    reports: Mapping[Path, Report]

    @property
    def done(self) -> int:
        """The last step of which anything is known."""
        saved = checkpoint.steps(self.folder.checkpoints)
        return max([0, *saved, *(entry["step"] for entry in self.entries)])

    def of_kind(self, kind: str) -> list[Entry]:
        """The journal's lines of a kind."""
        return [entry for entry in self.entries if entry["kind"] == kind]

    def series(self, kind: str, name: str) -> Series:
        """A figure of the lines of a kind."""
        there = [entry for entry in self.of_kind(kind) if isinstance(entry.get(name), int | float)]
        steps = np.array([entry["step"] for entry in there], np.int64)
        return Series(steps, np.array([entry[name] for entry in there], np.float64))

    @property
    def current(self) -> list[Report]:
        """The evaluations of the weights that the run has now, and those of pictures made elsewhere."""
        now = self.model and self.model.digest
        return [each for each in self.reports.values() if not each.made or each.made.get("weights") == now]

    @property
    def training_pictures(self) -> int | None:
        """How many pictures are learnt from; None where nothing says so."""
        told = [each.train for each in self.reports.values() if each.against == self.config.data]
        told += [
            entry["training_pictures"] for entry in self.of_kind("start") if "training_pictures" in entry
        ]
        return told[-1] if told else None


def read(path: Path, evaluations: tuple[Path, ...] = ()) -> Record:
    """The record of a run folder.

    Args:
        path: the folder.
        evaluations: reports, or folders with one, beside those of its own pictures in the run folder.

    Raises:
        UserError: the folder is no run, or a report is damaged.
    """
    folder = RunFolder(path)
    config = folder.read_config()
    named = {file: reports.read(file) for file in map(_report_file, evaluations)}
    found = {file: reports.read(file) for file in sorted(path.rglob("report.json"))}
    own = {file: report for file, report in found.items() if report.made}
    return Record(folder, config, tuple(journal.read(folder.journal)), _model(folder), {**named, **own})


def as_json(evidence: Mapping[str, Any]) -> Mapping[str, Any]:
    """Figures as JSON takes them: numbers of NumPy's as numbers, what is not finite as text."""
    return json.loads(json.dumps(evidence, default=float), parse_constant=str)


def _model(folder: RunFolder) -> Model | None:
    if not checkpoint.steps(folder.checkpoints) and not folder.weights.exists():
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged checkpoints, which have a finding of their own
            return load(folder.path)
    except UserError:  # none can be read, which that finding says, too
        return None


def _report_file(path: Path) -> Path:
    return path / "report.json" if path.is_dir() else path
