"""Memorisation setting in: held-out pictures get worse as training pictures get better, or copies appear."""

from scipy.stats import hypergeom

from mezzotint.doctor.finding import Finding, Verdict, graded
from mezzotint.doctor.record import Record
from mezzotint.evaluation.report import Report

# The same noise and times are drawn at every validation, so that a rise is the weights'. In four healthy runs
# of 5 to 8 validations the loss never rose at all.
RISE_DOUBTFUL, RISE_WRONG = 0.005, 0.05
TREND = -1.96  # standard errors: samples that are nearer to training pictures than held-out ones are
RARE = 0.025  # a probability below which chance is ruled out
FEWEST = 3  # validations


def overfitting(record: Record) -> Finding:
    """A validation loss that rises while the training loss falls."""
    about, held_out = "loss of held-out pictures", record.series("validation", "loss")
    losses = record.series("train", "loss")
    if len(held_out.steps) < FEWEST or not len(losses.steps):
        do = "train with --watch.validate N (and a source with held-out pictures)"
        return Finding(about, Verdict.UNMEASURED, f"{len(held_out.steps)} validations are too few", do)
    lowest = int(held_out.values.argmin())
    best, last = int(held_out.steps[lowest]), int(held_out.steps[-1])
    rise = held_out.values[-1] / held_out.values[lowest] - 1
    falls = losses.level(best) - losses.level(last)
    trained = f"the training loss {'fell' if falls > 0 else 'rose'} by {abs(falls):.2g}"
    above = (
        f"{rise:.1%} above the lowest at step {best:,}, while {trained}" if rise else "the lowest of the run"
    )
    said = f"{held_out.values[-1]:.4g} at step {last:,}, {above}"
    evidence = {"rise": rise, "best": best, "last": last, "training_fell": falls, "limit": RISE_DOUBTFUL}
    verdict = graded(rise, RISE_DOUBTFUL, RISE_WRONG) if falls > 0 else Verdict.HEALTHY
    return Finding(about, verdict, said, "" if verdict is Verdict.HEALTHY else _stop(record, best), evidence)


def copies(record: Record) -> Finding:
    """Samples that are copies of training pictures, by the largest evaluation of these weights."""
    about = "copies of training pictures"
    if not record.current:
        said = (
            "every evaluation is of other weights than these" if record.reports else "there is no evaluation"
        )
        path = record.folder.path
        do = f"mezzotint evaluate {path} --out {path / f'evaluation-{record.done}'}"
        return Finding(about, Verdict.UNMEASURED, said, do)
    report = max(record.current, key=lambda each: each.count)
    found = report.copies
    said = (
        f"{found.share:.1%} of {report.count:,} samples ({found.low:.1%} to {found.high:.1%}) are copies, as "
        f"{found.held_out:.1%} of held-out pictures would be; {abs(found.trend):.1f} standard errors "
        f"{'farther from' if found.trend > 0 else 'nearer to'} training pictures than those"
    )
    chance = more_than_held_out(report)
    evidence = {"share": found.share, "held_out": found.held_out, "chance": chance, "trend": found.trend}
    if chance < RARE:
        return Finding(about, Verdict.WRONG, said, _stop(record, None), evidence)
    if found.trend < TREND:
        return Finding(about, Verdict.DOUBTFUL, said, _stop(record, None), evidence)
    return Finding(about, Verdict.HEALTHY, said, evidence=evidence)


def more_than_held_out(report: Report) -> float:
    """The probability of so many copies, or more, if samples were called copies as held-out ones are.

    Fisher's exact test, J. R. Stat. Soc. 85 (1922), 87: of few held-out pictures none may be called a copy by
    chance, too.
    """
    copied = round(report.copies.share * report.count)
    by_chance = round(report.copies.held_out * report.held_out)
    every = report.count + report.held_out
    return float(hypergeom.sf(copied - 1, every, copied + by_chance, report.count))


def _stop(record: Record, best: int | None) -> str:
    more = "" if record.config.augment else ", --augment 0.12"
    flip = "" if record.config.flip else ", --flip"
    earlier = f"use the checkpoint nearest to step {best:,}, or " if best else ""
    return f"{earlier}train for fewer steps, with more pictures{more}{flip} or a smaller network"
