"""Makers of small archives."""

import io
import tarfile
import zipfile
from pathlib import Path

KINDS = ("zip", "tar", "tgz", "tar.bz2", "tar.xz")
MODES = {"tar": "w", "tgz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}


def pack(path: Path, files: dict[str, bytes]) -> Path:
    """Put files into an archive of the kind that its name ends in."""
    kind = path.name.partition(".")[2]
    return zipped(path, files) if kind == "zip" else tarred(path, files, MODES[kind])


def zipped(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode, format=tarfile.PAX_FORMAT) as archive:  # pyright: ignore
        for name, content in files.items():
            archive.addfile(member(name, content), io.BytesIO(content))
    return path


def member(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(content), kind, link
    return info
