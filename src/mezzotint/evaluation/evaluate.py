"""Samples against a source's two splits: every number, its floor, and which samples are copies."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from mezzotint.errors import UserError
from mezzotint.evaluation.cache import cached
from mezzotint.evaluation.numbers import floor, numbers
from mezzotint.evaluation.pictures_of import Reference
from mezzotint.evaluation.report import Copies, Number, Report
from mezzotint.metrics.features import Extractor
from mezzotint.metrics.intervals import Interval
from mezzotint.metrics.memorisation import Memorisation, Views, copies, memorisation, pixels

PAIRS = 16  # of a sample and its nearest pictures, in the report
COMPARABLE = 10_000  # pictures, below which a FID cannot be compared with what is published
FEWEST = 20  # pictures of a kind, below which nothing can be said

Pictures = UInt8[np.ndarray, "count height width channels"]
Seen = Callable[[int], None]


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
    """What was found.

    Attributes:
        report: the numbers.
        nearest: how near the samples come to training pictures, in features.
    """

    report: Report
    nearest: Memorisation


class Vectors(NamedTuple):
    """Features of the samples and of the source's splits."""

    samples: Views
    train: Float[np.ndarray, "train dimensions"]
    held_out: Views


def evaluate(
    subject: Subject,
    against: str,
    real: Reference,
    extractor: Extractor,
    seed: int,
    seen: Seen,
    kept: Path | None = None,
) -> Evaluation:
    """Computes everything.

    Args:
        subject: what is evaluated.
        against: the source's name.
        real: its pictures, in the samples' shape.
        extractor: makes the features; those of the source are kept in the user's cache.
        seed: of every draw.
        seen: called with the number of pictures just done, of `looks` in all.
        kept: a folder for the features of the samples; None for the user's cache as well.

    Raises:
        UserError: too few pictures of a kind.
    """
    _demand_enough(subject, against, real)
    vectors = _vectors(subject.pictures, real, extractor, seen, kept)
    spaces = memorisation(*vectors), _in_pixels(subject.pictures, real)
    count, height, width, channels = subject.pictures.shape
    instead, others = floor(vectors.train, vectors.held_out.upright, count, seed)
    report = Report(
        what=subject.name,
        against=against,
        count=count,
        train=len(real.train),
        held_out=len(real.held_out),
        floor_count=len(instead),
        floor_of="held-out" if len(real.held_out) >= count else "training",
        shape=(height, width, channels),
        extractor=extractor.name,
        extractor_version=extractor.version,
        seed=seed,
        made=subject.made,
        numbers=_rows(
            numbers(vectors.samples.upright, vectors.train, extractor, seed),
            numbers(instead, others, extractor, seed),
        ),
        copies=_copies(spaces),
        pairs=_pairs(spaces),
        warnings=(*_of_fid(count, real, extractor), *_of_floors(count, len(instead))),
    )
    return Evaluation(report, spaces[0])


def looks(subject: Subject, real: Reference) -> int:
    """How many pictures are looked at: samples and held-out ones from both sides."""
    return 2 * len(subject.pictures) + len(real.train) + 2 * len(real.held_out)


def _vectors(
    samples: Pictures, real: Reference, extractor: Extractor, seen: Seen, kept: Path | None
) -> Vectors:
    def both(pictures: Pictures, folder: Path | None = None) -> Views:
        return Views(*(cached(extractor, each, seen, folder) for each in (pictures, pictures[:, :, ::-1])))

    return Vectors(both(samples, kept), cached(extractor, real.train, seen), both(real.held_out))


def _in_pixels(samples: Pictures, real: Reference) -> Memorisation:
    return memorisation(pixels(samples), real.train.reshape(len(real.train), -1), pixels(real.held_out))


def _rows(values: Mapping[str, Interval], floors: Mapping[str, Interval]) -> dict[str, Number]:
    return {
        name: Number(found.value, found.low, found.high, floors[name].value) for name, found in values.items()
    }


def _copies(spaces: tuple[Memorisation, ...]) -> Copies:
    found, nearest = copies(*spaces), spaces[0]
    return Copies(*found.share, found.of_held_out.value, nearest.trend, float(np.mean(nearest.ratio < 1)))


def _pairs(spaces: tuple[Memorisation, ...]) -> tuple[tuple[int, int, int], ...]:
    """Samples with their nearest training and held-out pictures, each in the space where it is closer."""
    closeness = np.stack([space.closeness for space in spaces])
    where = closeness.argmin(axis=0)
    closest = np.argsort(closeness.min(axis=0), kind="stable")[:PAIRS].tolist()
    chosen = [(sample, spaces[where[sample]]) for sample in closest]
    return tuple(
        (sample, int(space.train.place[sample]), int(space.held_out.place[sample]))
        for sample, space in chosen
    )


def _of_floors(count: int, instead: int) -> list[str]:
    """What a reader must know of floors of fewer pictures."""
    if instead >= count:
        return []
    return [
        f"the real pictures beside them are {instead:,}, not {count:,}: too few are there. Numbers "
        f"that depend on how many there are, FID above all, can be better than theirs; compare at "
        f"--count {instead}"
    ]


def _of_fid(count: int, real: Reference, extractor: Extractor) -> list[str]:
    """What a reader must know of a FID of so few pictures."""
    fid, fewest = f"FID[{extractor.name}]", min(count, len(real.train))
    if fewest < extractor.dimensions:
        enough = len(real.train) >= extractor.dimensions
        more = f"; or take --count {extractor.dimensions} and more" if enough else ""
        return [
            f"{fid} of {fewest:,} pictures means little: they are fewer than its {extractor.dimensions:,} "
            f"features. KID has no such bias: use it{more}"
        ]
    if fewest < COMPARABLE:
        return [f"{fid} is too large by more the fewer the pictures: compare it only at {fewest:,} of them"]
    return []


def _demand_enough(subject: Subject, against: str, real: Reference) -> None:
    for kind, pictures in zip(("training", "held-out"), real, strict=True):
        if len(pictures) < FEWEST:
            raise UserError(
                f"{against} has {len(pictures)} {kind} pictures, and an evaluation takes {FEWEST} at least"
            )
    if len(subject.pictures) < FEWEST:
        raise UserError(
            f"{subject.name} has {len(subject.pictures)} pictures, and an evaluation takes {FEWEST} at least"
        )
