"""Files of tensors: both forms that PyTorch has written, and files that are not what they seem.

`small.pth` and `small_old.pth` were written by `scripts/make_efficientnet_golden.py`.
"""

import os
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from mezzotint.errors import UserError
from mezzotint.metrics import torch_file
from mezzotint.metrics.pickled import Call, Name, plain

HERE = Path(__file__).parent
FORMS = ("small.pth", "small_old.pth")
LINE = np.arange(12, dtype=np.float32)
TENSORS = {
    "scalar": np.array(7, np.int64),
    "table": LINE.reshape(3, 4).T,
    "end": LINE[8:],
    "half": np.array([0.5, -2], np.float16),
    "empty": np.zeros((0, 3)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_tensor_is_read(form: str) -> None:
    found = torch_file.read(HERE / form)
    assert list(found) == list(TENSORS)
    for name, expected in TENSORS.items():
        assert found[name].dtype == expected.dtype and not found[name].flags.writeable
        np.testing.assert_array_equal(found[name], expected, strict=True)


def test_two_tensors_of_one_storage_share_it() -> None:
    found = torch_file.read(HERE / "small.pth")
    assert np.shares_memory(found["table"], found["end"])


class Spiteful:
    """Unpickled, it makes a folder."""

    def __reduce__(self) -> tuple:
        """What unpickling calls, and with what."""
        return os.mkdir, ("made-by-unpickling",)


def rewritten(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """`small.pth` with its pickle changed."""
    with zipfile.ZipFile(HERE / "small.pth") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name.endswith("/data.pkl") else content)
    return path


def test_nothing_in_the_file_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spiteful = pickle.dumps(OrderedDict(tensor=Spiteful()), protocol=2)
    with pytest.raises(UserError, match="mkdir"):
        torch_file.read(rewritten(tmp_path / "spiteful.pth", lambda _: spiteful))
    (tmp_path / "bare.pth").write_bytes(pickle.dumps(Spiteful(), protocol=2))
    with pytest.raises(UserError, match="magic"):
        torch_file.read(tmp_path / "bare.pth")
    assert not (tmp_path / "made-by-unpickling").exists()
    pickle.loads(spiteful)  # as the file would have it
    assert (tmp_path / "made-by-unpickling").exists()


def test_a_call_stays_a_call() -> None:
    found = plain(BytesIO(pickle.dumps({"made": Spiteful(), "n": (1, [2, None], True)}, protocol=2)))
    call = Call(Name(f"{os.name} mkdir"), ("made-by-unpickling",))
    assert found == {"made": call, "n": (1, [2, None], True)}


def test_tensors_cannot_reach_beyond_their_storage(tmp_path: Path) -> None:
    """The stride of `table`, (1, 4), made (1, 200)."""
    stride = b"K\x01K\x04\x86"
    far = rewritten(tmp_path / "far.pth", lambda content: content.replace(stride, b"K\x01K\xc8\x86"))
    with pytest.raises(UserError, match=r"far.pth.*damaged"):
        torch_file.read(far)


@pytest.mark.parametrize("protocol", [0, 4])
def test_other_protocols_are_refused(tmp_path: Path, protocol: int) -> None:
    written = pickle.dumps({"a": 1.5}, protocol=protocol)
    with pytest.raises(UserError, match="opcode"):
        torch_file.read(rewritten(tmp_path / "other.pth", lambda _: written))


@pytest.mark.parametrize("form", FORMS)
def test_a_file_cut_anywhere_is_damaged(form: str, tmp_path: Path) -> None:
    content, cut = (HERE / form).read_bytes(), tmp_path / "cut.pth"
    for length in range(0, len(content), 37):
        cut.write_bytes(content[:length])
        with pytest.raises(UserError, match="cut.pth"):
            torch_file.read(cut)


@pytest.mark.parametrize("form", FORMS)
def test_random_damage_is_told_or_changes_values_alone(form: str, tmp_path: Path) -> None:
    content, damaged = (HERE / form).read_bytes(), tmp_path / "damaged.pth"
    random, told = np.random.default_rng(0), 0
    for _ in range(100):
        changed = bytearray(content)
        for place in random.integers(len(content), size=3):
            changed[place] = random.integers(256)
        damaged.write_bytes(changed)
        try:
            torch_file.read(damaged)
        except UserError:
            told += 1
    assert told > 30
