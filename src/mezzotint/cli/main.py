"""`mezzotint VERB ...`: finds the verb, and says errors in one line.

Exit codes: 0 done (also when asked to stop by Ctrl-C or SIGTERM, after saving, unless `train` is given
another code for that), 1 `doctor` found something wrong, 2 something that the user can mend, 130 a second
Ctrl-C.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TextIO

from mezzotint.errors import UserError, nearest

VERBS = {
    "train": "train a recipe into a run folder, or go on with it",
    "launch": "start several processes that train together on this machine",
    "sample": "make pictures with a run",
    "ensemble": "make one model of runs that differ in their seed",
    "edit": "change pictures with a run, or make others from them",
    "tune": "fit the sampling times of few steps to a run's model",
    "evaluate": "measure pictures against a source: distances, coverage, copies",
    "likelihood": "say how many bits a run's model takes for held-out pictures",
    "doctor": "say what is wrong with a run, and what to do",
    "gallery": "show a run as a PNG grid and an HTML page",
    "export": "write a run's model for other programs: ONNX, TFLite, a web page, ...",
    "recipes": "list the recipes",
    "data": "list the sources of pictures, look into one, or prepare it",
}


def main(arguments: list[str] | None = None) -> None:
    """Runs a command line; leaves by `SystemExit` with the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    warnings.showwarning = _show_warning
    with in_a_line():
        _dispatch(words)


@contextmanager
def in_a_line() -> Iterator[None]:
    """Within it, what the user can mend, and Ctrl-C, end the program with one line and their exit codes."""
    try:
        yield
    except UserError as error:
        print(f"mezzotint: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except OSError as error:
        if error.filename is None:
            raise
        print(f"mezzotint: {error.filename}: {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("mezzotint: stopped", file=sys.stderr)
        raise SystemExit(130) from None


def _dispatch(words: list[str]) -> None:
    if not words or words[0] in ("-h", "--help"):
        print(usage())
    elif words[0] == "--version":
        from mezzotint import __version__  # noqa: PLC0415

        print(f"mezzotint {__version__}")
    elif words[0] in VERBS:
        import_module(f"mezzotint.cli.{words[0]}").main(words[1:])
    else:
        raise UserError(f"there is no verb {words[0]!r}{nearest(words[0], VERBS)}")


def usage() -> str:
    """What `mezzotint --help` prints."""
    lines = [f"  {verb:<12}{help}" for verb, help in VERBS.items()]
    return "\n".join(
        [
            "usage: mezzotint VERB ...",
            "",
            "Train, sample, measure, edit and deploy image diffusion models.",
            "",
            *lines,
            "",
            "`mezzotint VERB --help` lists a verb's options, each with its default.",
        ]
    )


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    print(f"mezzotint: warning: {message}", file=file or sys.stderr)
