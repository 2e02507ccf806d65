"""report.json: everything that an evaluation found, and of what.

    {"version": 1, "what": "runs/demo", "against": "fashion", "count": 1000, ...,
     "numbers": {"KID[efficientnet-lite0]": {"value": ..., "low": ..., "high": ..., "floor": ...}, ...},
     "copies": {"share": ..., "low": ..., "high": ..., "held_out": ...}, ...}

It holds no pictures: `pairs` are places in the samples and in the source's splits.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mezzotint.errors import UserError
from mezzotint.files import write_whole

VERSION = 1


@dataclass(frozen=True)
class Number:
    """A metric of the samples, and of real pictures in their place.

    Attributes:
        value: of the samples.
        low: where its 95% interval begins.
        high: where it ends.
        floor: the same metric of as many real pictures.
    """

    value: float
    low: float
    high: float
    floor: float


@dataclass(frozen=True)
class Copies:
    """The samples that are copies of training pictures.

    Attributes:
        share: of the samples.
        low: where its 95% interval begins.
        high: where it ends.
        held_out: the share of held-out pictures that the same test calls copies.
        trend: standard errors by which samples are farther from training pictures than held-out ones are.
        nearer: the share of samples that are nearer to training pictures than to held-out ones, the sets'
            sizes corrected for: about half of pictures that know neither.
    """

    share: float
    low: float
    high: float
    held_out: float
    trend: float
    nearer: float


@dataclass(frozen=True)
class Report:
    """What was found.

    Attributes:
        what: what was evaluated, as it was named.
        against: the source that it was held against.
        count: how many samples.
        train: how many training pictures.
        held_out: how many held-out pictures.
        floor_count: how many real pictures stand in the samples' place for the floors.
        floor_of: `held-out` or `training`: which they are.
        shape: height, width and channels of all pictures.
        extractor: its name.
        extractor_version: numbers of another version cannot be compared.
        seed: of every draw.
        made: how a run made the samples; None where they were there.
        numbers: by name.
        copies: how many samples are copies.
        pairs: samples with their nearest training and held-out pictures, the most suspicious first:
            (sample, training, held-out) indices.
        warnings: what a reader must know.
    """

    what: str
    against: str
    count: int
    train: int
    held_out: int
    floor_count: int
    floor_of: str
    shape: tuple[int, int, int]
    extractor: str
    extractor_version: str
    seed: int
    made: Mapping[str, Any] | None
    numbers: Mapping[str, Number]
    copies: Copies
    pairs: tuple[tuple[int, int, int], ...]
    warnings: tuple[str, ...]


def to_json(report: Report) -> str:
    """The report as JSON text, with its version."""
    return json.dumps({"version": VERSION, **dataclasses.asdict(report)}, indent=2, allow_nan=False) + "\n"


def write(path: Path, report: Report) -> None:
    """Writes the file whole or not at all."""
    write_whole(path, to_json(report))


def read(path: Path) -> Report:
    """The report of a file.

    Raises:
        UserError: there is none, it is damaged, or of another version.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        version = document.pop("version")
    except FileNotFoundError:
        raise UserError(f"there is no report {path}: `mezzotint evaluate` writes one") from None
    except (ValueError, KeyError, AttributeError, TypeError, OSError):
        raise UserError(f"{path} is no report of `mezzotint evaluate`, or it is damaged") from None
    if version != VERSION:
        raise UserError(f"{path} has version {version}; this program reads {VERSION}")
    return _report(path, document)


def _report(path: Path, document: dict[str, Any]) -> Report:
    try:
        numbers = {name: Number(**number) for name, number in document.pop("numbers").items()}
        copies = Copies(**document.pop("copies"))
        pairs = tuple(tuple(pair) for pair in document.pop("pairs"))
        lists = {name: tuple(document.pop(name)) for name in ("shape", "warnings")}
        return Report(numbers=numbers, copies=copies, pairs=pairs, **lists, **document)
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is damaged: {error}") from None
