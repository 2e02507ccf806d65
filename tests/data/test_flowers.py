"""Oxford Flowers 102's three files, in small: nothing in them is taken that is too large."""

import io
import tarfile
from pathlib import Path

import numpy as np
from scipy.io import savemat

from mezzotint.data.fit import Fit
from mezzotint.data.open import open_source

from .archives import member
from .pictures import encode, noise

COUNT = 20


def flowers(folder: Path, images: tarfile.TarFile) -> None:
    """Writes the three files: pictures 2 to 20, with labels, all in the first set."""
    for number in range(2, COUNT + 1):
        content = encode(noise(number), "JPEG")
        images.addfile(member(f"jpg/image_{number:05}.jpg", content), io.BytesIO(content))
    savemat(folder / "imagelabels.mat", {"labels": np.arange(COUNT) % 3 + 1})
    savemat(folder / "setid.mat", {"trnid": np.arange(COUNT) + 1, "valid": [], "tstid": []})


def test_a_member_that_is_too_large_is_left_out(tmp_path: Path) -> None:
    large = member("jpg/image_00001.jpg")
    large.size = 257 * 2**20
    with (tmp_path / "102flowers.tgz").open("wb") as file:
        file.write(large.tobuf())
        file.seek(large.size, io.SEEK_CUR)  # a hole
        with tarfile.open(fileobj=file, mode="w") as images:
            flowers(tmp_path, images)
    found = open_source(f"flowers:{tmp_path}", Fit((24, 24)))
    assert len(found.train) + len(found.validation) == COUNT - 1
    (left_out,) = found.unusable
    assert (left_out.path, left_out.reason) == ("jpg/image_00001.jpg", "it is larger than 256 MiB")
