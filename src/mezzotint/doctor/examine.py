"""All looks at a run, the worst finding first.

`LOOKS` read files alone; `MEASURED` take the place of `measured.unasked` where the pictures may be opened.
"""

from collections.abc import Callable

from mezzotint.doctor import (
    average,
    batch,
    checkpoints,
    colour,
    loader,
    losses,
    measured,
    memorisation,
    metric,
    sheets,
)
from mezzotint.doctor.finding import Finding, Verdict
from mezzotint.doctor.record import Record

Look = Callable[[Record], Finding]

LOOKS: tuple[Look, ...] = (
    losses.spikes,
    losses.end,
    losses.skipped,
    memorisation.overfitting,
    memorisation.copies,
    average.weights,
    average.statistics,
    colour.drift,
    sheets.blank,
    checkpoints.whole,
    checkpoints.finite,
    batch.batch,
    loader.starvation,
    metric.samples,
    metric.scores,
)
MEASURED = (*LOOKS, measured.averages)


def examine(record: Record, looks: tuple[Look, ...] = (*LOOKS, measured.unasked)) -> list[Finding]:
    """What every look found, sorted by verdict."""
    return sorted((look(record) for look in looks), key=lambda each: list(Verdict).index(each.verdict))
