"""A finding: what was looked at, how it stands, the figures that say so, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Verdict(Enum):
    """How one thing stands, the worst first."""

    WRONG = "wrong"  # the pictures, or what is said of them, suffer for certain
    DOUBTFUL = "doubtful"  # it may do harm, or the evidence is thin
    UNMEASURED = "not measured"  # the run does not hold what would tell
    HEALTHY = "healthy"


@dataclass(frozen=True)
class Finding:
    """What one look found.

    Attributes:
        about: what was looked at, in a word or three.
        verdict: how it stands.
        says: one sentence with the figures that matter.
        do: what to do about it; empty where there is nothing to do.
        evidence: the figures by name, limits included, for machines.
    """

    about: str
    verdict: Verdict
    says: str
    do: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


def graded(value: float, doubtful: float, wrong: float) -> Verdict:
    """The verdict of a figure that is the worse the larger it is: at a limit it is still on the good side.

    One that is not a number is wrong.
    """
    if not value <= wrong:
        return Verdict.WRONG
    return Verdict.DOUBTFUL if value > doubtful else Verdict.HEALTHY


def worst(*verdicts: Verdict) -> Verdict:
    """The worst of some verdicts."""
    return min(verdicts, key=list(Verdict).index)
