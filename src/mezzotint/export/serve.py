"""`python -m mezzotint.export.serve FORMAT FOLDER IN OUT`: an exported file, run in a process of its own.

IN, an npz, holds named inputs with the number of the call before the name ("0/x", "0/t", "1/x", ...); OUT
gets the outputs named alike, and what was measured: seconds to load and for the first call, milliseconds of
each repeated call.
"""

import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np

from mezzotint.export.runners import Arrays, Run


def main(kind: str, folder: str, given: str, out: str, threads: str = "0", repeats: str = "0") -> None:
    """Loads, runs every call, then the first one again so many times."""
    began = time.perf_counter()
    run: Run = import_module(f"mezzotint.export.runners.{kind}").load(Path(folder), int(threads))
    load = time.perf_counter() - began
    calls = taken_apart(np.load(given))
    first, found = timed(run, calls[0])
    answers = [found, *(run(call) for call in calls[1:])]
    milliseconds = [1000 * timed(run, calls[0])[0] for _ in range(int(repeats))]
    named = {f"{place}/{name}": each for place, answer in enumerate(answers) for name, each in answer.items()}
    loaded = [name for name in ("jax", "tensorflow", "torch") if name in sys.modules]
    np.savez(
        out,
        **named,  # pyright: ignore[reportArgumentType]
        load=load,
        first=first,
        milliseconds=np.asarray(milliseconds),
        modules=np.asarray(loaded),
    )


def timed(run: Run, call: Arrays) -> tuple[float, Arrays]:
    """Seconds and outputs of one call."""
    began = time.perf_counter()
    found = run(call)
    return time.perf_counter() - began, found


def taken_apart(named: Arrays) -> list[Arrays]:
    """{"0/x": ..., "1/x": ...} as a list of {"x": ...}."""
    calls: dict[int, Arrays] = {}
    for key in named:
        place, name = key.split("/")
        calls.setdefault(int(place), {})[name] = named[key]
    return [calls[place] for place in sorted(calls)]


if __name__ == "__main__":
    main(*sys.argv[1:])
