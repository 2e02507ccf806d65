"""The Flowers-64 benchmark: the photos that it asks for, and rows that are never mixed."""

import io
import json
import sys
import tarfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from mezzotint.data.open import open_origin
from mezzotint.errors import UserError

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "flowers64"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    """The program, whose rows go to a folder of the test's."""
    monkeypatch.syspath_prepend(str(BENCHMARK))
    program = import_module("run")
    (tmp_path / "protocol.json").write_bytes((BENCHMARK / "protocol.json").read_bytes())
    monkeypatch.setattr(program, "HERE", tmp_path)
    yield program
    for name in ("run", "peers", "prepare"):
        sys.modules.pop(name, None)


def originals(folder: Path, numbers: range) -> Path:
    """Three files as they are published, with a small photo for each number."""
    folder.mkdir()
    with tarfile.open(folder / "102flowers.tgz", "w:gz") as archive:
        for number in numbers:
            stream = io.BytesIO()
            Image.new("RGB", (90, 70), (number, 2 * number, 255 - number)).save(stream, "JPEG")
            member = tarfile.TarInfo(f"jpg/image_{number:05}.jpg")
            member.size = len(stream.getvalue())
            archive.addfile(member, io.BytesIO(stream.getvalue()))
    savemat(folder / "imagelabels.mat", {"labels": np.arange(1, len(numbers) + 1)[None] % 3 + 1})
    thirds = {
        name: np.array(numbers[place::3])[None] for place, name in enumerate(("trnid", "valid", "tstid"))
    }
    savemat(folder / "setid.mat", thirds)
    return folder


def photos(folder: Path) -> dict[str, set[int]]:
    entries = open_origin(f"flowers:{folder}").entries
    of = lambda split: {int(Path(e.name).stem[6:]) for e in entries if e.split == split}  # noqa: E731
    return {"train": of("train"), "held_out": of("validation")}


def test_photos_that_are_left_out_leave_the_protocols_split(bench: ModuleType, tmp_path: Path) -> None:
    """Of 60 photos the protocol has 45: with the originals themselves others would be held out."""
    folder, numbers = originals(tmp_path / "all", range(1, 61)), set(range(1, 46))
    prepared = tmp_path / "prepared"
    import_module("prepare").prepare(folder, prepared, numbers, (64, 64))
    protocol = {name: sorted(found) for name, found in photos(prepared).items()}
    assert set().union(*protocol.values()) == numbers
    entry = open_origin(f"flowers:{prepared}").entries[0].read()
    assert isinstance(entry, bytes) and Image.open(io.BytesIO(entry)).size == (64, 64)
    assert bench.photos_of(f"flowers:{prepared}", protocol) == bench.photos_of(
        f"flowers:{prepared}", protocol
    )
    with pytest.raises(UserError, match="protocol's train photos and has .* others: .*prepare.py makes"):
        bench.photos_of(f"flowers:{folder}", protocol)


def test_the_protocol_holds_out_a_fifth_and_no_photo_twice() -> None:
    protocol = json.loads((BENCHMARK / "protocol.json").read_text())
    train, held_out = set(protocol["train"]), set(protocol["held_out"])
    assert (len(train), len(held_out)) == (5794, 1449) == (len(protocol["train"]), len(protocol["held_out"]))
    assert not train & held_out and 1 <= min(train | held_out) and max(train | held_out) <= 8189


def test_a_row_replaces_its_own_and_no_other_protocols(bench: ModuleType, tmp_path: Path) -> None:
    named = {"recipe": "demo", "tier": "cpu", "by": "time", "device": "cpu", "photos": "p"}
    figures = {"images": 1, "teraflops": 2.0, "minutes": 3.0, "copies": [0, 0, 0]}
    number = {"numbers": {"KID": [0.1, 0.0, 0.2]}, "floors": {"KID": 0.01}}
    for protocol, images in (("old", 1), ("new", 2), ("new", 3)):
        bench.keep({**named, **figures, **number, "images": images, "protocol": protocol})
    rows = json.loads((tmp_path / "table.json").read_text())
    assert [(row["protocol"], row["images"]) for row in rows] == [("old", 1), ("new", 3)]
    lines = (tmp_path / "table.md").read_text().splitlines()
    assert len(lines) == 4 and "| 3 | 2 | 3 |" in lines[2] and "real photos" in lines[3]


def test_a_run_of_another_protocol_is_refused(bench: ModuleType, tmp_path: Path) -> None:
    bench.demand_same_protocol(tmp_path / "runs" / "one")
    bench.demand_same_protocol(tmp_path / "runs" / "one")
    (tmp_path / "protocol.json").write_text("{}")
    with pytest.raises(UserError, match="begun under another protocol: name another --out"):
        bench.demand_same_protocol(tmp_path / "runs" / "one")
