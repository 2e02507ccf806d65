"""Sixty bad files among a hundred good ones: every good one is used, every bad one is listed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mezzotint.data.decode import check, decode
from mezzotint.data.fit import Fit
from mezzotint.data.source import Undecodable

from .archives import pack
from .bad_files import BAD
from .good_files import good_files
from .pictures import encode, noise, write

GOOD = good_files()
LATE = {"few_pixels.png", "no_quantization.jpg", "huffman.jpg"}  # seen only when they are decoded
MEMORY = 2 * 2**30
SPECIAL = {
    "outside.png",
    "dangling.png",
    "pipe.png",
    "huge.png",
    "circle.png",
    os.fsdecode(b"\xff\xfe.png"),
}


def opened(uri: str, memory_limit: int = MEMORY) -> dict:
    """What a fresh process makes of a source."""
    command = [sys.executable, "-m", "tests.data.open_bad_files", uri, str(memory_limit)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    """Every path below a folder, with its size and time."""
    found = ((path, path.lstat()) for path in sorted(root.rglob("*")))
    return {str(path): (status.st_size, status.st_mtime_ns) for path, status in found}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 160 files, and what only a folder can hold; links to folders are not entered."""
    root = tmp_path_factory.mktemp("all") / "root"
    outside = write(root.parent / "outside", {"secret.png": encode(noise(9999))})
    write(root, GOOD | {f"bad/{name}": content for name, content in BAD.items()})
    (root / "outside.png").symlink_to(outside / "secret.png")
    (root / "outside").symlink_to(outside, target_is_directory=True)
    (root / "dangling.png").symlink_to(root / "gone")
    (root / "circle.png").symlink_to(root / "circle.png")
    os.mkfifo(root / "pipe.png")
    (root / "folder.png").mkdir()
    (root / "huge.png").touch()
    os.truncate(root / "huge.png", 2**40)  # a hole
    (root / os.fsdecode(b"\xff\xfe.png")).write_bytes(b"no picture")
    return root


def names(report: dict) -> set[str]:
    return {Path(path).name for path in report["unusable"]}


def test_there_are_as_many_as_is_said() -> None:
    assert len(GOOD) == len(set(GOOD.values())) == 100
    assert len(BAD) == len(set(BAD.values())) == 60


@pytest.mark.parametrize("memory_limit", [MEMORY, 0], ids=["memory", "disk"])
def test_a_folder_of_good_and_bad(folder: Path, memory_limit: int) -> None:
    before = snapshot(folder.parent)
    report = opened(f"folder:{folder}", memory_limit)
    assert snapshot(folder.parent) == before
    late = set() if memory_limit else LATE
    shown = {name if name.isprintable() else "\ufffd\ufffd.png" for name in SPECIAL}
    assert names(report) == (set(BAD) - late) | shown
    assert all(reason and "\n" not in reason for reason in report["unusable"].values())
    assert report["pictures"] == 100 + len(late) and report["usable"] == 100
    assert report["peak"] < 2**30, f"{report['peak'] / 2**20:.0f} MiB"
    assert report["seconds"] < 30


@pytest.mark.parametrize("kind", ["zip", "tar", "tgz"])
def test_the_same_within_an_archive(tmp_path: Path, kind: str) -> None:
    files = GOOD | {f"bad/{name}": content for name, content in BAD.items()}
    pack(tmp_path / f"set.{kind}", files)
    before = snapshot(tmp_path)
    for memory_limit in (MEMORY,) if kind == "tgz" else (MEMORY, 0):
        report = opened(f"archive:{tmp_path}/set.{kind}", memory_limit)
        late = set() if memory_limit else LATE
        assert names(report) == set(BAD) - late
        assert report["usable"] == 100 and report["pictures"] == 100 + len(late)
        assert report["peak"] < 2**30, f"{report['peak'] / 2**20:.0f} MiB"
    assert snapshot(tmp_path) == before


@pytest.mark.filterwarnings("ignore")
def test_noise_in_a_file_is_undecodable_or_seen_past() -> None:
    chance = np.random.default_rng(0)
    for name, content in list(GOOD.items())[:29]:
        for _ in range(30):
            noisy = np.frombuffer(content, np.uint8).copy()
            at = chance.integers(0, len(noisy), chance.integers(1, 6))
            noisy[at if chance.random() < 0.5 else at % 64] = chance.integers(0, 256, len(at))
            for look in (check, lambda file: decode(file, Fit((24, 24)))):
                try:
                    look(noisy.tobytes())
                except Undecodable as reason:
                    assert str(reason), name
