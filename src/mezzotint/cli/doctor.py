"""`mezzotint doctor RUN`: what is wrong with a run, and what to do."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from mezzotint import runtime
from mezzotint.doctor.examine import MEASURED, examine
from mezzotint.doctor.finding import Finding, Verdict
from mezzotint.doctor.record import Record, as_json, read

VERSION = 1
WIDTH = 14  # of the column of verdicts


@dataclass(frozen=True)
class Options:
    """Say what is wrong with a run, and what to do; trains and writes nothing.

    Exit codes: 0 where nothing is wrong (what is doubtful or not measured does not count), 1 where something
    is, 2 where there is no run.

    Attributes:
        run: a run folder, finished or not.
        evaluation: a report of `mezzotint evaluate`, or its folder, beside those that lie in the run folder.
        measure: open the run's pictures, and measure what only they can tell.
        json: print JSON, with all figures and limits.
    """

    run: Annotated[Path, tyro.conf.Positional]
    evaluation: tuple[Path, ...] = ()
    measure: bool = False
    json: bool = False


def main(arguments: list[str]) -> None:
    """Looks, says what was found, and leaves with 1 where something is wrong."""
    options = tyro.cli(Options, args=arguments, prog="mezzotint doctor")
    runtime.prepare()
    record = read(options.run.expanduser(), tuple(each.expanduser() for each in options.evaluation))
    findings = examine(record, MEASURED) if options.measure else examine(record)
    print(json.dumps(document(record, findings), indent=1) if options.json else text(record, findings))
    sys.exit(int(findings[0].verdict is Verdict.WRONG))


def text(record: Record, findings: Sequence[Finding]) -> str:
    """The verdict, then a block for each finding, the worst first."""
    counts = Counter(each.verdict for each in findings)
    counted = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    head = f"{record.folder.path}, step {record.done:,} of {record.config.steps:,}: {counted}"
    return "\n".join([head, *(_block(each) for each in findings)])


def document(record: Record, findings: Sequence[Finding]) -> dict[str, Any]:
    """The same for machines."""
    listed = [
        {**asdict(each), "verdict": each.verdict.value, "evidence": as_json(each.evidence)}
        for each in findings
    ]
    return {"version": VERSION, "run": str(record.folder.path), "step": record.done, "findings": listed}


def _block(finding: Finding) -> str:
    do = f"\n{'':<{WIDTH}}do: {finding.do}" if finding.do else ""
    return f"{finding.verdict.value:<{WIDTH}}{finding.about}: {finding.says}{do}"
