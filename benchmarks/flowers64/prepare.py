"""The photos of the Flowers-64 protocol as a folder of their own, from Oxford Flowers 102's three files.

    python benchmarks/flowers64/prepare.py FOLDER OUT

FOLDER holds 102flowers.tgz, imagelabels.mat and setid.mat as they are published. OUT gets three files of the
same names: the protocol's photos at 64x64, the centred square, as JPEG of quality 75; all labels; and the
numbers of the three sets that are among them, from which `flowers:OUT` makes the protocol's split.
"""

import argparse
import io
import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import loadmat, savemat

from mezzotint.cli.main import in_a_line
from mezzotint.data.decode import decode
from mezzotint.data.fit import Fit
from mezzotint.data.flowers import IMAGES, LABELS, SET_NAMES, SETS
from mezzotint.data.open import open_origin
from mezzotint.data.source import Entry, Undecodable
from mezzotint.errors import UserError

HERE = Path(__file__).parent
QUALITY = 75  # of the JPEGs


def main() -> None:
    """Writes the folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    protocol = json.loads((HERE / "protocol.json").read_text())
    prepare(given.folder, given.out, {*protocol["train"], *protocol["held_out"]}, protocol["image_size"])
    print(f"flowers:{given.out}")


def prepare(folder: Path, out: Path, numbers: set[int], size: tuple[int, int]) -> None:
    """Writes the three files of some photos.

    Args:
        folder: the originals.
        out: where to; made if it is not there.
        numbers: of the photos.
        size: height and width.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tarfile.open(out / IMAGES, "w:gz") as archive:
        for entry in sorted(open_origin(f"flowers:{folder}").entries, key=lambda entry: entry.name):
            if number(entry.name) in numbers:
                content = jpeg(small(entry, Fit((size[0], size[1]), 3)))
                member = tarfile.TarInfo(entry.name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    shutil.copyfile(folder / LABELS, out / LABELS)
    sets = loadmat(folder / SETS)
    savemat(out / SETS, {name: np.intersect1d(sets[name], list(numbers))[None] for name in SET_NAMES})


def number(name: str) -> int:
    """Of a photo, from its file's name, such as jpg/image_00001.jpg."""
    return int(Path(name).stem.removeprefix("image_"))


def small(entry: Entry, fit: Fit) -> np.ndarray:
    """A photo, uint8 (height, width, 3); a `UserError` where it is missing or damaged."""
    try:
        return decode(entry.read(), fit)
    except Undecodable as reason:
        raise UserError(f"{entry.name} cannot be used: {reason}") from None


def jpeg(picture: np.ndarray) -> bytes:
    """A picture, uint8 (height, width, 3), as a file."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()


if __name__ == "__main__":
    with in_a_line():
        main()
