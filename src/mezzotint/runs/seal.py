"""The seal of a checkpoint: the SHA-256 of each of its files, written last.

    {"version": 1, "validation_loss": 0.5 or null, "files": {"state/...": "digest", ...}}

A folder without a seal was never finished; one whose files differ from it has changed since.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from mezzotint.files import write_whole

SEAL = "seal.json"
VERSION = 1
DAMAGED = "its seal is damaged"


def seal(folder: Path, loss: float | None) -> None:
    """Writes the seal whole or not at all; beside the digests the score, a validation loss or KID."""
    document = {"version": VERSION, "validation_loss": loss, "files": _digests(folder)}
    write_whole(folder / SEAL, json.dumps(document, indent=1))


def verify(folder: Path) -> None:
    """Raises ValueError where a folder was not finished, or its files are not what they were."""
    sealed, found = _read(folder)["files"], _digests(folder)
    for name in sorted({*sealed, *found}):
        if name not in found:
            raise ValueError(f"its file {name} is missing")
        if sealed.get(name) != found[name]:
            raise ValueError(f"its file {name} has changed")


def sealed_loss(folder: Path) -> float | None:
    """The score that was sealed in; None where there is none, or no readable seal."""
    try:
        return _read(folder)["validation_loss"]
    except (ValueError, OSError):
        return None


def _read(folder: Path) -> dict[str, Any]:
    """Raises ValueError where there is no seal, or something else in its place."""
    if not (folder / SEAL).exists():
        raise ValueError("it was not finished")
    document = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise ValueError(DAMAGED)
    if document.get("version") != VERSION:
        raise ValueError(f"its seal has version {document.get('version')}, not {VERSION}")
    whole = isinstance(document.get("files"), dict) and "validation_loss" in document
    if not whole or not isinstance(document["validation_loss"], int | float | None):
        raise ValueError(DAMAGED)
    return document


def _digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file, by its path within the folder."""
    digests = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith(SEAL):
            with path.open("rb") as file:
                name = path.relative_to(folder).as_posix()
                digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests
