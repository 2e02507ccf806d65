"""A model leaves: the program is written, described, run and compared before the folder gets its name."""

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from mezzotint.errors import UserError
from mezzotint.export import sidecar
from mezzotint.export.check import BOUND, Found, calls, check
from mezzotint.export.formats import FORMATS, writer
from mezzotint.export.program import Program
from mezzotint.export.quantize import Quantize

SEEN = 3  # pictures that an export is checked on at once


class Left(NamedTuple):
    """An export that is done.

    Attributes:
        path: of the folder.
        size: of all its files, in bytes.
        found: how it ran.
    """

    path: Path
    size: int
    found: Found


def leave(program: Program, kind: str, out: Path, quantize: Quantize = "none") -> Left:
    """Exports a program into a new folder, which exists under its name only when all is well.

    Args:
        program: what is exported.
        kind: the format, as `FORMATS` names it.
        out: the folder; it does not exist, or is empty.
        quantize: how large weights are kept.

    Raises:
        UserError: a primitive that the format does not have, a file that does not run, or one in float32
            whose error is above 1e-4.
        OSError: the disk does not take it.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".partial", dir=out.parent))
    try:
        file = writer(kind)(program, partial, quantize)
        batch = FORMATS[kind].batch
        sidecar.write(partial, sidecar.sidecar(program, kind, file.name, batch))
        found = check(kind, partial, calls(program, batch or SEEN))
        if quantize == "none" and found.largest > BOUND:
            raise UserError(
                f"the {kind} export differs from the model by {found.largest:.1g}, above {BOUND:g}"
            )
        partial.chmod(0o755)
        partial.replace(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Left(out, sum(each.stat().st_size for each in out.rglob("*") if each.is_file()), found)
