"""Metrics of too few samples: what an evaluation's numbers cannot tell."""

from mezzotint.doctor.finding import Finding, Verdict
from mezzotint.doctor.record import Record
from mezzotint.evaluation.report import Report
from mezzotint.metrics import efficientnet_lite0, inception

# Of as many samples as there are features the covariance is singular, and FID is too large by what it lacks.
DIMENSIONS = {
    "efficientnet-lite0": efficientnet_lite0.HEAD,
    "inception": inception.WIDTH,
    "keras-inception-75": inception.WIDTH,
}
SURE = 2 * 2**0.5  # standard errors of one distance, which two must be apart
WIDE = 0.25  # half an interval, of the number: two such runs cannot be told apart at less than a third


def samples(record: Record) -> Finding:
    """Whether the evaluations had enough pictures for their numbers."""
    about = "samples of the evaluation"
    if not record.reports:
        do = f"mezzotint evaluate {record.folder.path} --out {record.folder.path / 'evaluation'}"
        return Finding(about, Verdict.UNMEASURED, "there is no evaluation", do)
    faults = {str(path): _faults(report) for path, report in record.reports.items()}
    counts = {str(path): report.count for path, report in record.reports.items()}
    evidence = {"faults": faults, "counts": counts}
    found = [fault for each in faults.values() for fault in each]
    if not found:
        said = f"{min(counts.values()):,} pictures and more are enough for what was measured"
        return Finding(about, Verdict.HEALTHY, said, evidence=evidence)
    most = max(DIMENSIONS.get(report.extractor, 0) for report in record.reports.values())
    return Finding(
        about, Verdict.DOUBTFUL, "; ".join(found), f"evaluate with --count {most} and more", evidence
    )


def _faults(report: Report) -> list[str]:
    found, dimensions = [], DIMENSIONS.get(report.extractor, 0)
    fewest = min(report.count, report.train)
    if fewest < dimensions:
        found.append(f"FID of {fewest:,} pictures in {dimensions:,} dimensions is too large; take KID")
    if report.floor_count < report.count:
        found.append(f"floors of {report.floor_count:,} real pictures stand beside {report.count:,} samples")
    for name, number in report.numbers.items():
        half = (number.high - number.low) / 2
        if name.startswith("KID") and number.low > 0 and half > WIDE * number.value:
            found.append(f"{name} is {number.value:.2g} give or take {half:.1g}")
    return found


def scores(record: Record) -> Finding:
    """Whether the distances measured while training tell one checkpoint from another."""
    about = "distances while training"
    lines = record.of_kind("evaluation")
    if len(lines) < 2:
        do = "train with --watch.evaluate N, to choose checkpoints by KID and not by the validation loss"
        return Finding(about, Verdict.UNMEASURED, "distances were measured fewer than two times", do)
    name = next(name for name in lines[0] if name not in ("kind", "step", "error"))
    values = record.series("evaluation", name).values
    error = float(record.series("evaluation", "error").values.max())
    between = float(values[0] - values.min())
    said = f"{name} fell by {between:.2g} to its lowest, and each is known to {error:.1g}"
    evidence = {"between": between, "error": error, "count": record.config.watch.evaluate_count}
    if between > SURE * error:
        return Finding(about, Verdict.HEALTHY, said, evidence=evidence)
    more = f"--watch.evaluate-count {4 * record.config.watch.evaluate_count} halves the error"
    return Finding(about, Verdict.DOUBTFUL, said, more, evidence)
