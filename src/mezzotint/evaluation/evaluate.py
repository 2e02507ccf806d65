"""Samples against a source's two splits: every number, its floor, and which samples are copies."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from mezzotint.evaluation.cache import cached
from mezzotint.evaluation.pictures_of import Reference
from mezzotint.evaluation.report import Report
from mezzotint.metrics.features import Extractor
from mezzotint.metrics.memorisation import Memorisation

PAIRS = 16  # of a sample and its nearest pictures, in the report
PUBLISHED = 10_000  # fewer pictures than this make a FID that no publication can be compared with

Pictures = UInt8[np.ndarray, "count height width channels"]
Features = Float[np.ndarray, "count dimensions"]


class Subject(NamedTuple):
    """What is evaluated.

    Attributes:
        name: as it was asked for.
        pictures: the samples.
        made: how a run made them; None where they were there.
    """

    name: str
    pictures: Pictures
    made: Mapping[str, Any] | None = None


class Evaluation(NamedTuple):
    """What was found, and what a page shows of it."""

    report: Report
    samples: Memorisation
    held_out: Memorisation


def evaluate(
    subject: Subject,
    against: str,
    real: Reference,
    extractor: Extractor,
    seed: int,
    seen: Callable[[int], None],
) -> Evaluation:
    """Computes everything.

    Args:
        subject: what is evaluated.
        against: the source's name.
        real: its pictures, in the samples' shape.
        extractor: makes the features; those of real pictures are kept in the user's cache.
        seed: of every draw.
        seen: called with the number of pictures just done, of samples and real pictures together.
    """
    samples, train, held_out = (cached(extractor, each, seen) for each in (subject.pictures, *real))
    ...
