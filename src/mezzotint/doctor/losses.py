"""The training loss: jumps that it did or did not come back from, and where it ended.

A line of the journal is the mean over `watch.log` steps. It is held against the median of the calm lines
before it, and against their spread as 1.4826 times the median absolute deviation, which is the standard
deviation of a normal distribution (Rousseeuw & Croux, JASA 88, 1993); neither moves for a few outliers.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from mezzotint.doctor.finding import Finding, Verdict, graded
from mezzotint.doctor.record import SMOOTHED, Record, Series

NORMAL = 1.4826  # standard deviations of a normal distribution in a median absolute deviation
CALM, FEWEST = 30, 10  # lines that a line is held against, at most and at least
OVER = 10  # calm lines in a row after which a jump is over
# Seven healthy runs of 100 to 511 lines: no line was more than 5.0 deviations or 6.7 % above its median.
DEVIATIONS, RISE = 10.0, 0.25
# The same runs ended at most 1.3 % above their lowest level, and were at no time more than 3.7 % above it.
ABOVE_DOUBTFUL, ABOVE_WRONG = 0.04, 0.10


@dataclass(frozen=True)
class Jump:
    """Lines that stand out, with fewer than `OVER` calm ones between them.

    Attributes:
        start: the step of the first.
        before: the loss that it jumped from.
        peak: the highest.
        peak_step: its step.
        end: the step from which the loss was calm for `OVER` lines; None where it was not.
    """

    start: int
    before: float
    peak: float
    peak_step: int
    end: int | None


def jumps(losses: Series) -> list[Jump]:
    """All jumps of a loss; lines within one are not what others are held against."""
    calm: deque[float] = deque(maxlen=CALM)
    found: list[Jump] = []
    out: list[tuple[float, int]] = []  # the lines of the present jump that stand out
    back: list[tuple[float, int]] = []  # the calm ones since the last of them
    for step, loss in zip(losses.steps.tolist(), losses.values.tolist(), strict=True):
        if loss > _limit(calm):
            out, back = [*out, (loss, step)], []
        elif not out:
            calm.append(loss)
        elif len(back) == OVER - 1:
            found.append(_jump(out, float(np.median(calm)), back[0][1]))
            calm.extend([loss for loss, _ in back] + [loss])
            out, back = [], []
        else:
            back.append((loss, step))
    return found + ([_jump(out, float(np.median(calm)), None)] if out else [])


def _limit(calm: deque[float]) -> float:
    """The loss above which a line stands out from the calm ones before it."""
    if len(calm) < FEWEST:
        return np.inf
    middle = np.median(calm)
    spread = NORMAL * np.median(np.abs(np.array(calm) - middle))
    return float(middle + max(DEVIATIONS * spread, RISE * middle))


def _jump(lines: list[tuple[float, int]], before: float, end: int | None) -> Jump:
    peak, step = max(lines, key=lambda line: line[0])
    return Jump(lines[0][1], before, peak, step, end)


def spikes(record: Record) -> Finding:
    """Jumps of the training loss."""
    about, losses = "loss spikes", record.series("train", "loss")
    if not np.isfinite(losses.values).all():
        return _not_finite(about, losses, record)
    if len(losses.steps) <= FEWEST:
        return Finding(about, Verdict.UNMEASURED, f"{len(losses.steps)} lines of losses are too few", _MORE)
    found = jumps(losses)
    evidence = {"jumps": [vars(each) for each in found], "deviations": DEVIATIONS, "rise": RISE}
    if not found:
        most = (
            f"no line of {len(losses.steps)} is {DEVIATIONS:g} deviations and {RISE:.0%} above those before"
        )
        return Finding(about, Verdict.HEALTHY, most, evidence=evidence)
    worst = max(found, key=lambda jump: jump.peak / jump.before)
    lasting = found[-1].end is None
    said = _said(found[-1] if lasting else worst)
    more = f"; {len(found)} jumps in all" if len(found) > 1 else ""
    verdict = Verdict.WRONG if lasting else Verdict.DOUBTFUL
    return Finding(about, verdict, said + more, _calmer(record, worst), evidence)


def end(record: Record) -> Finding:
    """Whether the training loss ended where it was lowest."""
    about, losses = "loss at the end", record.series("train", "loss")
    if len(losses.steps) < 2 * SMOOTHED or not np.isfinite(losses.values).all():
        short = f"it takes {2 * SMOOTHED} lines of finite losses"
        return Finding(about, Verdict.UNMEASURED, short, _MORE)
    levels = [losses.level(step) for step in losses.steps[SMOOTHED - 1 :].tolist()]
    lowest, last = min(levels), levels[-1]
    where = int(losses.steps[SMOOTHED - 1 + levels.index(lowest)])
    above = last / lowest - 1
    verdict = graded(above, ABOVE_DOUBTFUL, ABOVE_WRONG)
    said = f"{last:.4g}, {above:.1%} above the lowest, {lowest:.4g} at step {where:,}"
    evidence = {"last": last, "lowest": lowest, "at": where, "above": above, "limit": ABOVE_DOUBTFUL}
    do = "" if verdict is Verdict.HEALTHY else "train again with a lower --optimizer.learning-rate"
    return Finding(about, verdict, said, do, evidence)


def skipped(record: Record) -> Finding:
    """Steps that were skipped because a figure was not finite, and how often training went back for them."""
    about, lost = "skipped steps", record.series("train", "skipped")
    count, back = int(lost.values.sum()), len(record.of_kind("rollback"))
    said = f"{count} of {record.done:,} steps were skipped, and training went back {back} times"
    evidence = {"skipped": count, "rollbacks": back, "steps": record.done}
    if not count and not back:
        return Finding(about, Verdict.HEALTHY, said, evidence=evidence)
    calm = Jump(int(min([*lost.steps, record.done])), 0, 0, 0, None)
    verdict = Verdict.WRONG if back else Verdict.DOUBTFUL
    return Finding(about, verdict, said, _calmer(record, calm), evidence)


_MORE = "train for longer, or with a smaller --watch.log"


def _said(jump: Jump) -> str:
    back = f"was calm again from step {jump.end:,}" if jump.end else f"was not calm for {OVER} lines since"
    return (
        f"the loss jumped from {jump.before:.4g} at step {jump.start:,} to {jump.peak:.4g} at step "
        f"{jump.peak_step:,} and {back}"
    )


def _calmer(record: Record, jump: Jump) -> str:
    optimizer = record.config.optimizer
    clip = f"--optimizer.clip {optimizer.clip / 2:g}" if optimizer.clip else "--optimizer.clip 1 (it is off)"
    norms = record.series("train", "gradient_norm")
    usual = norms.values[norms.steps < jump.start]
    norm = f"; gradients usually had a norm of {np.median(usual):.2g}" if len(usual) else ""
    rate = f"or a lower --optimizer.learning-rate than {optimizer.learning_rate:g}"
    return f"train again with {clip}{norm}, {rate}"


def _not_finite(about: str, losses: Series, record: Record) -> Finding:
    first = int(losses.steps[~np.isfinite(losses.values)][0])
    said = f"the loss at step {first:,} is not finite"
    return Finding(about, Verdict.WRONG, said, _calmer(record, Jump(first, 0, 0, first, None)), {"at": first})
