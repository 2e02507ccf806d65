"""Averages that lag behind: of the weights, and of the statistics that batches are normalised with.

After n steps of decays d_1 ... d_n an average holds d_1 d_2 ... d_n of its first value, and step i's value
with the weight (1 - d_i) d_{i+1} ... d_n; the mean age of what it holds is how many steps it lags behind.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from mezzotint.config import Average
from mezzotint.core.pixels import MOMENTUM, BatchPixels
from mezzotint.doctor.finding import Finding, Verdict, graded, worst
from mezzotint.doctor.record import Record
from mezzotint.model.weights import normalises_batches

# Of the first, random values: a hundredth is lost in the noise of training, a tenth shows in pictures.
FIRST_DOUBTFUL, FIRST_WRONG = 0.01, 0.10
# Karras et al. (arXiv:2312.02696) keep averages of 0.05 and 0.10 of the run; this is twice the wider.
LAG_DOUBTFUL = 0.20


class Held(NamedTuple):
    """What an average holds: the share of its first value, and the mean age in steps."""

    first: float
    age: float


def held(decays: Float[np.ndarray, " steps"]) -> Held:
    """What an average of these decays, one a step, holds at the end."""
    after = np.append(np.cumprod(decays[::-1])[::-1], 1.0)  # the product of the decays from a step on
    ages = np.arange(len(decays) - 1, -1, -1)
    return Held(float(after[0]), float((ages * (1 - decays) * after[1:]).sum() + len(decays) * after[0]))


def decays(average: Average, steps: int) -> Float[np.ndarray, " steps"]:
    """The decay at each step of a run, as `training/average.py` has it."""
    step = np.arange(steps, dtype=np.float64)
    rising = (1 + step) / (average.warmup + step) if average.warmup else np.full(steps, np.inf)
    return np.minimum(average.decay, rising)


def weights(record: Record) -> Finding:
    """The moving average of the weights, which is what is sampled from."""
    about, average, done = "average of the weights", record.config.average, record.done
    if not done:
        return Finding(about, Verdict.UNMEASURED, "no step is trained", "train it")
    first, age = held(decays(average, done))
    lag = age / done
    evidence = {
        "first": first,
        "age": age,
        "steps": done,
        "limits": [FIRST_DOUBTFUL, FIRST_WRONG, LAG_DOUBTFUL],
    }
    said = f"{age:.0f} of {done:,} steps behind ({lag:.0%}), with {first:.2%} of the first, random weights"
    verdict = worst(graded(first, FIRST_DOUBTFUL, FIRST_WRONG), graded(lag, LAG_DOUBTFUL, 1.0))
    return Finding(
        about, verdict, said, "" if verdict is Verdict.HEALTHY else _shorter(average, done), evidence
    )


def _shorter(average: Average, done: int) -> str:
    fitting = f"--average.decay {1 - 10 / done:.4g}" if done > 20 else "--average.decay 0.5"
    warm = "" if average.warmup else " or --average.warmup 10"
    return f"train for longer than {done:,} steps, or with {fitting}{warm}"


def statistics(record: Record) -> Finding:
    """The running statistics of normalised batches, whose momentum does not go with the length of the run."""
    about, done = "batch statistics", record.done
    if not normalises_batches(record.config) and not isinstance(record.config.pixels, BatchPixels):
        return Finding(about, Verdict.HEALTHY, "nothing is normalised by its batch")
    first = MOMENTUM**done
    said = f"{first:.2%} of the running statistics are still those before the first step"
    verdict = graded(first, FIRST_DOUBTFUL, FIRST_WRONG)
    enough = int(np.ceil(np.log(FIRST_DOUBTFUL) / np.log(MOMENTUM)))
    do = "" if verdict is Verdict.HEALTHY else f"train for {enough} steps at least"
    return Finding(about, verdict, said, do, {"first": first, "steps": done, "limit": FIRST_DOUBTFUL})
