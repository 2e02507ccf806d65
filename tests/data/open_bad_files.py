"""Opens a source and says what came of it, and the memory it took: run by itself, so that it counts.

python -m tests.data.open_bad_files URI MEMORY_LIMIT
"""

import json
import resource
import sys
import time
import warnings
from pathlib import Path

from mezzotint.data.fit import Fit
from mezzotint.data.open import open_source
from mezzotint.data.source import DataSource
from mezzotint.errors import UserError


def usable(source: DataSource) -> int:
    """How many of a source's pictures can be had."""
    count = 0
    for row in range(len(source)):
        try:
            count += source[row]["image"].shape == (24, 24, 3)
        except UserError:
            continue
    return count


def peak() -> int:
    """The most memory that this process ever held, in bytes.

    Linux's `ru_maxrss` begins with that of the process that started it; `VmHWM` begins anew.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) * 2**10 for line in status.read_text().splitlines() if "VmHWM" in line)


def main() -> None:
    warnings.simplefilter("error")
    start = time.perf_counter()
    splits = open_source(sys.argv[1], Fit((24, 24), 3), int(sys.argv[2]))
    report = {
        "unusable": {each.path: each.reason for each in splits.unusable},
        "pictures": len(splits.train) + len(splits.validation),
        "usable": usable(splits.train) + usable(splits.validation),
        "seconds": time.perf_counter() - start,
        "peak": peak(),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
