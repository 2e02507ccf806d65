"""Pictures in .npz files: which arrays are taken, which are refused, and none that is too large."""

import struct
import tracemalloc
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from mezzotint.config import Config
from mezzotint.data.fit import Fit
from mezzotint.data.open import open_origin, open_source
from mezzotint.errors import UserError
from tests.training.runs import steps, train

from .pictures import noise


def stack(count: int, channels: int = 3, first: int = 0) -> np.ndarray:
    return np.stack([noise(first + seed, 12, 12, channels) for seed in range(count)])


def saved(folder: Path, **arrays: np.ndarray) -> str:
    np.savez_compressed(folder / "a.npz", **arrays)
    return f"npz:{folder / 'a.npz'}"


def test_medmnist_names_are_splits_and_train(tmp_path: Path, tiny: Config) -> None:
    counts = {"train": 24, "val": 8, "test": 5}
    arrays = {f"{split}_images": stack(n, 3, 100 * n) for split, n in counts.items()}
    labels = {f"{split}_labels": np.arange(n, dtype=np.uint8)[:, None] % 4 for split, n in counts.items()}
    uri = saved(tmp_path, **arrays, **labels)
    opened = open_source(uri, Fit((12, 12)))
    assert (len(opened.train), len(opened.validation), opened.shape) == (24, 8, (12, 12, 3))
    assert [opened.train[row]["label"] for row in range(6)] == [0, 1, 2, 3, 0, 1]
    assert np.array_equal(opened.train[3]["image"], arrays["train_images"][3])
    assert [entry.split for entry in open_origin(uri).entries][-1] == "test"
    assert len(open_source(f"{uri}:test", Fit((12, 12))).train) == 4
    train(replace(tiny, data=uri, steps=20), tmp_path / "run")
    assert steps(tmp_path / "run") == 20


@pytest.mark.parametrize("shape", [(9, 8, 8), (9, 8, 8, 1), (9, 8, 8, 3)])
@pytest.mark.parametrize("name", ["images", "arr_0"])
def test_one_array_of_pictures(tmp_path: Path, shape: tuple[int, ...], name: str) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    origin = open_origin(saved(tmp_path, **{name: pictures, "labels": np.arange(9) - 1}))
    assert origin.channels == (shape[3] if shape[3:] else 1)
    assert [entry.label for entry in origin.entries] == [-1, *range(8)]
    assert np.array_equal(np.stack([np.asarray(entry.read()) for entry in origin.entries]), pictures)


def test_arrays_are_chosen(tmp_path: Path) -> None:
    uri = saved(tmp_path, a=stack(4), b=stack(3), words=np.array(["rose", "aster", "rose"]))
    with pytest.raises(UserError, match=r"could mean a or b: choose one with \?images=NAME"):
        open_origin(uri)
    origin = open_origin(f"{uri}?images=b&labels=words")
    assert origin.label_names == ("aster", "rose")
    assert [entry.label for entry in origin.entries] == [1, 0, 1]
    assert {entry.label for entry in open_origin(f"{uri}?images=a&labels=").entries} == {-1}


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"images": stack(3).astype(np.float32)}, "holds float32, not uint8: convert it"),
        ({"images": stack(3)[..., :2]}, r"shape \(3, 12, 12, 2\), not"),
        ({"x": np.zeros(3, np.uint8)}, r"has no array of shape .* but x \(3,\)"),
        ({"images": np.array([{}], object)}, r"shape \(1,\), not"),
        ({"images": stack(3), "labels": np.array([{}] * 3)}, "holds no labels"),
        ({"images": stack(3), "labels": np.zeros((3, 14), int)}, r"\?labels= leaves them out"),
        ({"images": stack(3), "labels": np.zeros(2, int)}, "has 3 images, but 2 labels"),
    ],
)
def test_other_arrays_are_refused(tmp_path: Path, arrays: dict[str, np.ndarray], said: str) -> None:
    with pytest.raises(UserError, match=said):
        open_origin(saved(tmp_path, **arrays))


def test_no_pickle_is_opened(tmp_path: Path) -> None:
    objects = np.empty((2, 3, 3), object)
    with pytest.raises(UserError, match="holds object, not uint8"):
        open_origin(saved(tmp_path, images=objects))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    header = BytesIO()
    facts = {"descr": "|u1", "fortran_order": False, "shape": (10**9, 64, 64)}
    np.lib.format.write_array_header_1_0(header, facts)
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", header.getvalue() + bytes(10**6))
    with pytest.raises(UserError, match=r"unpacks to 3814\.7 GiB, more than the"):
        open_origin(f"npz:{tmp_path / 'bomb.npz'}")


def test_only_what_was_checked_is_loaded(tmp_path: Path) -> None:
    uri, other = saved(tmp_path, images=stack(3), labels=np.arange(3)), BytesIO()
    np.save(other, stack(40))
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
        archive.writestr("images", other.getvalue())
        archive.writestr("labels", b"no array")
    assert [entry.label for entry in open_origin(uri).entries] == [0, 1, 2]


def test_a_header_that_claims_too_much_is_not_read(tmp_path: Path) -> None:
    size = 2**25
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", b"\x93NUMPY\x02\x00" + struct.pack("<I", size) + b" " * size)
    tracemalloc.start()
    with pytest.raises(UserError, match="or damaged"):
        open_origin(f"npz:{tmp_path / 'a.npz'}")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**22


def test_damaged_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        open_origin(f"npz:{tmp_path / 'no.npz'}")
    (tmp_path / "b.npz").write_bytes(b"hello")
    with pytest.raises(UserError, match=r"is not an \.npz file, or damaged"):
        open_origin(f"npz:{tmp_path / 'b.npz'}")
    np.savez(tmp_path / "a.npz", images=stack(40))
    whole = (tmp_path / "a.npz").read_bytes()
    central = whole.index(b"PK\x01\x02")
    for at in (len(whole) // 2, whole.index(b"}"), central + 8):  # pixels, a header, a member made encrypted
        content = bytearray(whole)
        content[at] ^= 1
        (tmp_path / "a.npz").write_bytes(content)
        with pytest.raises(UserError, match="or damaged"):
            open_origin(f"npz:{tmp_path / 'a.npz'}")
