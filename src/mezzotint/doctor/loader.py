"""Loader starvation: the share of the training time in which the devices wait for pictures."""

import numpy as np

from mezzotint.doctor.finding import Finding, Verdict, graded
from mezzotint.doctor.record import Record

# What is waited for is what a faster loader would save: at a tenth a ninth of the time, at a half all of it
# twice. Runs that read from memory waited for 0.0 to 0.8 % of a line's time.
DOUBTFUL, WRONG = 0.10, 0.50


def starvation(record: Record) -> Finding:
    """The share of the time after the first line (which compiles) that was spent waiting on data."""
    about = "loader"
    seconds = [entry.get("seconds", {}) for entry in record.of_kind("train")][1:]
    timed = [(each["elapsed"], each["waiting_on_data"]) for each in seconds if "waiting_on_data" in each]
    if not timed:
        do = "train for some lines of the journal with this version"
        return Finding(about, Verdict.UNMEASURED, "the journal does not say how long it waited on data", do)
    elapsed, shares = np.array(timed).T
    waited = float((elapsed * shares).sum() / max(elapsed.sum(), 1e-9))
    verdict = graded(waited, DOUBTFUL, WRONG)
    said = f"training waits on data for {waited:.1%} of the time ({elapsed.sum():.0f} s looked at)"
    evidence = {"waiting": waited, "seconds": float(elapsed.sum()), "limit": DOUBTFUL}
    return Finding(about, verdict, said, "" if verdict is Verdict.HEALTHY else _faster(record), evidence)


def _faster(record: Record) -> str:
    prepared = record.config.data.startswith("prepared:")
    decoded = "" if prepared else "decode once with `mezzotint data prepare`, "
    return f"{decoded}put the pictures on a local disk, or on the device with --loader device"
