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
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VERSION = 1


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The journal's entries; none where there is no file; lines that are no entries are passed over."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        yield from filter(None, map(_entry, lines))


def append(path: Path, kind: str, step: int, **figures: Any) -> None:
    """Adds one line; raises `OSError` where the disk does not take it."""
    line = json.dumps({"kind": kind, "step": step, **figures})
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def rewind(path: Path, step: int) -> None:
    """Cuts the file off behind its last entry before the first one after `step`.

    An unfinished line at its end goes as well. All that happens in place: a full disk has no room for a copy.

    Raises:
        OSError: the disk does not take it.
    """
    if path.exists():
        end = _end(path, step)
        if end < path.stat().st_size:
            os.truncate(path, end)


def _end(path: Path, step: int) -> int:
    """The number of bytes up to where the last entry ends that comes before any after `step`."""
    end = place = 0
    with path.open("rb") as lines:
        for line in lines:
            place += len(line)
            entry = _entry(line.decode(errors="replace")) if line.endswith(b"\n") else None
            if entry and entry["step"] > step:
                break
            end = place if entry else end
    return end


def _entry(line: str) -> dict[str, Any] | None:
    """The entry of a line; None where it is none."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    is_one = isinstance(entry, dict) and isinstance(entry.get("step"), int) and "kind" in entry
    return entry if is_one else None
