"""journal.jsonl: one JSON object a line, each with its kind and its step.

    {"kind": "start", "step": 0, "version": 1, ...}     what the run is, once a start
    {"kind": "train", "step": 10, "loss": ..., ...}     means since the last such line
    {"kind": "validation", "step": 500, "loss": ...}
    {"kind": "sample", "step": 500, "file": "samples/step_0000500.png"}
    {"kind": "checkpoint", "step": 500}

Lines are appended; a run that resumes at a step first drops the lines after it, so that a journal reads as
if the run had never stopped. Seconds stand under `seconds`; everything else is a function of the
configuration and the data.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mezzotint.files import write_whole

VERSION = 1


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The journal's entries; none where there is no file; lines that are no entries are passed over."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and isinstance(entry.get("step"), int) and "kind" in entry:
                yield entry


def append(path: Path, kind: str, step: int, **figures: Any) -> None:
    """Adds one line; raises `OSError` where the disk does not take it."""
    line = json.dumps({"kind": kind, "step": step, **figures})
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def rewind(path: Path, step: int) -> None:
    """Drops the entries after `step`, and unfinished lines."""
    kept = [json.dumps(entry) + "\n" for entry in read(path) if entry["step"] <= step]
    if path.exists():
        write_whole(path, "".join(kept))
