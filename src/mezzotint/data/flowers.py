"""Oxford Flowers 102 from its three original files, read in place: nothing is unpacked to disk.

`102flowers.tgz` holds `jpg/image_00001.jpg` and so on; `imagelabels.mat` the label of every number,
from 1; `setid.mat` the numbers of three sets. The first 80% of each set are trained on and the last
20% held out, as in the article, and in the order of TensorFlow Datasets, which the article reads:
by MD5 of the set's name and the file's. (`setid.mat` itself goes by class, so that its last fifth
would be flowers that are never trained on.) Labels become 0 to 101.

The archive is one gzip stream, so it is read once from end to end; the encoded files stay in memory
(330 MB for the original) until they are decoded, or for good where the decoded set is too large.
"""

import hashlib
import os
import re
import tarfile
import zlib
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from mezzotint.data.folder import MAX_BYTES
from mezzotint.data.member import TOO_LARGE, Member, refused
from mezzotint.data.source import Content, Entry, Origin, Undecodable
from mezzotint.data.uri import Uri
from mezzotint.errors import UserError

IMAGES, LABELS, SETS = "102flowers.tgz", "imagelabels.mat", "setid.mat"
SET_NAMES = {"trnid": "train", "valid": "validation", "tstid": "test"}  # here, and in TFDS
TRAIN_PERCENT = 80
MEMBER = re.compile(r"(?:.*/)?image_(\d+)\.jpg")


def open_flowers(uri: Uri) -> Origin:
    """The flowers whose numbers `setid.mat` lists, set by set.

    Raises:
        UserError: one of the three files is missing or damaged.
    """
    folder = Path(os.path.expanduser(uri.path))
    _demand_files(uri.path, folder)
    labels = _matrix(folder / LABELS, "labels")
    sets = [_shuffled(_matrix(folder / SETS, ours), theirs) for ours, theirs in SET_NAMES.items()]
    if max(max(numbers, default=0) for numbers in sets) > len(labels):
        raise UserError(f"{folder / SETS} and {LABELS} beside it do not belong together.")
    files = _members(folder / IMAGES)
    entries = (
        _entry(number, int(labels[number - 1]) - 1, _split(position, len(numbers)), files)
        for numbers in sets
        for position, number in enumerate(numbers)
    )
    return Origin(f"flowers:{uri.path}", tuple(entries), channels=3)


def _demand_files(path: str, folder: Path) -> None:
    if not folder.is_dir():
        raise UserError(f"There is no folder {path!r}.")
    missing = [name for name in (IMAGES, LABELS, SETS) if not (folder / name).is_file()]
    if missing:
        raise UserError(
            f"{path!r} lacks {' and '.join(missing)}. Oxford Flowers 102 is three files, "
            f"{IMAGES}, {LABELS} and {SETS}: put them in one folder."
        )


def _split(position: int, count: int) -> str:
    return "train" if position < round(count * TRAIN_PERCENT / 100) else "validation"


def _file_name(number: int) -> str:
    return f"image_{number:05}.jpg"


def _shuffled(numbers: np.ndarray, salt: str) -> list[int]:
    """The order that TensorFlow Datasets gives the set which it calls `salt`."""
    return sorted(
        numbers.tolist(),
        key=lambda number: hashlib.md5((salt + _file_name(number)).encode(), usedforsecurity=False).digest(),
    )


def _entry(number: int, label: int, split: str, files: dict[int, Member]) -> Entry:

    def read() -> Content:
        if number not in files:
            raise Undecodable(f"it is not in {IMAGES}")
        return files[number].read()

    return Entry(f"jpg/{_file_name(number)}", read, label, split)


def _matrix(path: Path, name: str) -> np.ndarray:
    """A matrix of a MATLAB file, flattened, int64."""
    try:
        return loadmat(path)[name].ravel().astype(np.int64)
    except Exception as error:  # scipy raises nearly anything for a damaged file
        raise UserError(f"{path} is damaged ({error}): fetch it again.") from error


def _members(path: Path) -> dict[int, Member]:
    """The encoded pictures by number."""
    found: dict[int, Member] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                match = MEMBER.fullmatch(member.name)
                if match and member.isfile():
                    found[int(match[1])] = _member(archive, member)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} is damaged ({error}): fetch it again.") from error
    return found


def _member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    if info.size > MAX_BYTES:
        return refused(info.name, TOO_LARGE)
    file = archive.extractfile(info)
    assert file is not None, "only links and folders have none"
    content = file.read()
    return Member(info.name, lambda: content)
