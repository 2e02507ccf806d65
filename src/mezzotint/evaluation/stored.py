"""One array a file, as npz: a zip archive, so that every byte is under a checksum."""

from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from mezzotint.files import write_whole


class Damaged(Exception):
    """The file does not hold what was written."""


def write(path: Path, array: np.ndarray) -> None:
    """Writes the file whole or not at all."""
    stream = BytesIO()
    np.savez(stream, array=array, allow_pickle=False)
    write_whole(path, stream.getvalue())


def read(path: Path) -> np.ndarray:
    """What was written.

    Raises:
        Damaged: something else is there.
        FileNotFoundError: nothing is.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return archive["array"]
    except (ValueError, EOFError, KeyError, BadZipFile, AttributeError) as error:
        raise Damaged(str(error)) from None
