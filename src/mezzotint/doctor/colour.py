"""Colour drift: the sample grids' mean and spread of each channel against the training pictures'.

The training pictures' are the pixel statistics that travel in the checkpoint. A grid is some dozens of
pictures: a difference counts where it lies outside the 95% interval over its pictures.
"""

import numpy as np
from jaxtyping import Float

from mezzotint.core.pixels import FixedPixels
from mezzotint.doctor.finding import Finding, Verdict, graded, worst
from mezzotint.doctor.record import Record
from mezzotint.doctor.sheets import Pictures, sheets
from mezzotint.metrics.intervals import jackknife, mean

# Of the training pictures' deviation. The grids of four healthy runs of clothes came within 0.20; a run of
# emoji that paints no dark ones is 0.43 too red, which shows beside the data.
SHIFT_DOUBTFUL, SHIFT_WRONG = 0.25, 1.0
# Ratios of the spreads, one way or the other. Healthy: 1.10.
SPREAD_DOUBTFUL, SPREAD_WRONG = 1.5, 2.25

Channels = Float[np.ndarray, " channels"]


def drift(record: Record) -> Finding:
    """How far the colours of the last grid are from the training pictures', and where they came from."""
    about, grids = "colours of the samples", sheets(record)
    if isinstance(record.config.pixels, FixedPixels) or record.model is None:
        why = "no checkpoint says how the training pictures' colours are"
        return Finding(about, Verdict.UNMEASURED, why, "hold samples/ against the pictures by eye")
    if not grids:
        do = "train with --watch.sample N, or look at `mezzotint sample`"
        return Finding(about, Verdict.UNMEASURED, "the run drew no grids", do)
    centre, variance = (np.asarray(each, np.float64) for each in record.model.pixels)
    step = max(grids)
    shift, ratio = shifted(grids[step], centre, variance), spread(grids[step], variance)
    verdict = worst(
        graded(abs(shift), SHIFT_DOUBTFUL, SHIFT_WRONG),
        graded(abs(np.log(ratio)), np.log(SPREAD_DOUBTFUL), np.log(SPREAD_WRONG)),
    )
    evidence = {
        "step": step,
        "pictures": len(grids[step]),
        "shift": shift,
        "spread": ratio,
        "shifts": {str(each): shifted(found, centre, variance) for each, found in grids.items()},
        "limits": [SHIFT_DOUBTFUL, SHIFT_WRONG, SPREAD_DOUBTFUL, SPREAD_WRONG],
    }
    do = "" if verdict is Verdict.HEALTHY else _DO
    return Finding(about, verdict, _said(grids, centre, variance), do, evidence)


_DO = (
    "hold samples/ against the pictures by eye; train for longer, or with a longer --average.decay, which "
    "steadies colours (Song & Ermon, arXiv:2006.09011)"
)


def shifted(pictures: Pictures, centre: Channels, variance: Channels) -> float:
    """The largest shift of a channel's mean, in the training pictures' deviations; 0 within its interval."""
    means = [mean(each) for each in pictures.mean((1, 2)).T]
    away = np.array(
        [
            0.0 if low <= there <= high else value - there
            for (value, low, high), there in zip(means, centre, strict=True)
        ]
    )
    shifts = away / np.sqrt(variance)
    return float(shifts[abs(shifts).argmax()])


def spread(pictures: Pictures, variance: Channels) -> float:
    """The pictures' deviation over the training pictures', all channels together; 1 within its interval."""
    moments = np.stack([pictures.mean((1, 2)), (pictures**2).mean((1, 2))])
    without = (moments.sum(1, keepdims=True) - moments) / (len(pictures) - 1)
    deviation = lambda of: np.sqrt((of[1] - of[0] ** 2).sum(-1))  # noqa: E731
    found, there = jackknife(float(deviation(moments.mean(1))), deviation(without)), np.sqrt(variance.sum())
    return 1.0 if found.low <= there <= found.high else float(found.value / there)


def _said(grids: dict[int, Pictures], centre: Channels, variance: Channels) -> str:
    """The last grid's figures beside the training pictures', and the shifts of the first and of the last."""
    found = grids[max(grids)]
    shifts = {step: shifted(grids[step], centre, variance) for step in sorted({min(grids), max(grids)})}
    moved = ", ".join(f"{shift:+.2f} deviations at step {step:,}" for step, shift in shifts.items())
    means, centres = _decimals(found.mean((0, 1, 2))), _decimals(centre)
    deviations, there = _decimals(found.std((0, 1, 2))), _decimals(np.sqrt(variance))
    by = f"by {moved}" if any(shifts.values()) else "by no more than chance"
    return (
        f"mean {means} where the training pictures have {centres}, deviation {deviations} for {there}; "
        f"shifted {by}"
    )


def _decimals(values: Channels) -> str:
    return " ".join(f"{value:.3f}" for value in values)
