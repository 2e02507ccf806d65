"""What standard error passes through where several processes train: a page of trace becomes a line.

JAX's runtime ends a process itself when another is lost, from a thread of its own and with all that it
knows. From its first such line on only lines of ours are passed; where none came, one is said at the end.
"""

import re
import sys
from collections.abc import Iterable, Iterator

OURS = "mezzotint: "
GLOO = "[Gloo] Rank "  # says when it is connected
TRACE = re.compile(r"[EF]\d{4} [\d:.]+ +\d+ (coordination_service|client\.h|distributed)")
NOTE = re.compile(r"[IWE]\d{4} [\d:.]+ +\d+ \S+\]")
NOBODY = (
    "not all processes came in time: start each with the same --coordinator and --processes, "
    "or give them longer by --wait"
)


def passed(lines: Iterable[str], lost: str) -> Iterator[str]:
    """The lines for people, and at the end `lost` or why, where the runtime has ended the process."""
    broken, said, why = False, False, lost
    for line in lines:
        broken = broken or TRACE.search(line) is not None  # another thread may have begun the line
        said = said or line.startswith(OURS)
        why = NOBODY if "RegisterTask" in line else why
        if line.startswith(OURS) or not (broken or line.startswith(GLOO) or NOTE.match(line)):
            yield line
    if broken and not said:
        yield f"{OURS}{why}\n"


def main() -> None:
    """Passes standard input on."""
    for line in passed(iter(sys.stdin.readline, ""), sys.argv[1]):
        sys.stderr.write(line)
        sys.stderr.flush()


if __name__ == "__main__":
    main()
