"""A set that is prepared once gives what its source gives; preparing it stops and goes on."""

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mezzotint.config import Config
from mezzotint.data import prepare as preparing
from mezzotint.data.disk import OnDisk
from mezzotint.data.fit import Fit
from mezzotint.data.open import open_origin, open_source
from mezzotint.data.prepare import Summary, prepare
from mezzotint.data.source import DataSource
from mezzotint.errors import UserError
from tests.training.runs import train

from .pictures import encode, noise, write

FIT = Fit((8, 12))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    good = {f"{seed}.png": encode(noise(seed, 20, 20)) for seed in range(40)}
    return write(tmp_path / "source", good | {"bad.png": b"", "notes.txt": b"hello"})


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "MAX_SHARD", 16)


def made(folder: Path, out: Path, fit: Fit = FIT) -> Summary:
    return prepare(open_origin(f"folder:{folder}"), fit, out)


def images(source: DataSource) -> list[bytes]:
    return [source[row]["image"].tobytes() for row in range(len(source))]


@pytest.mark.parametrize("memory_limit", [2**30, 0])
def test_a_prepared_set_gives_what_its_source_gives(folder: Path, tmp_path: Path, memory_limit: int) -> None:
    assert made(folder, tmp_path / "set") == Summary(pictures=40, unusable=2, shards=3, new_shards=3)
    direct = open_source(f"folder:{folder}", FIT)
    found = open_source(f"prepared:{tmp_path / 'set'}", FIT, memory_limit)
    assert isinstance(found.train, OnDisk) == (memory_limit == 0)
    assert images(found.train) == images(direct.train)
    assert images(found.validation) == images(direct.validation)
    assert found.shape == (8, 12, 3)
    assert {Path(each.path).name for each in found.unusable} == {"bad.png", "notes.txt"}


def test_labels_and_splits_come_along(tmp_path: Path) -> None:
    prepare(open_origin("emoji"), Fit((16, 16)), tmp_path / "set")
    direct, found = (open_source(uri, Fit((16, 16))) for uri in ("emoji", f"prepared:{tmp_path / 'set'}"))
    assert found.label_names == direct.label_names
    for mine, theirs in ((found.train, direct.train), (found.validation, direct.validation)):
        assert [mine[row]["label"] for row in range(len(mine))] == [
            theirs[row]["label"] for row in range(len(theirs))
        ]
        assert images(mine) == images(theirs)


class Stopped(Exception):
    """Ctrl-C, say."""


def test_it_stops_and_goes_on(folder: Path, tmp_path: Path) -> None:
    made(folder, tmp_path / "straight")

    done = []

    def stop(count: int) -> None:
        done.append(count)
        if sum(done) == 32:
            raise Stopped

    with pytest.raises(Stopped):
        prepare(open_origin(f"folder:{folder}"), FIT, tmp_path / "stopped", stop)
    with pytest.raises(UserError, match="no prepared set, or not finished"):
        open_source(f"prepared:{tmp_path / 'stopped'}", FIT)
    assert made(folder, tmp_path / "stopped").new_shards == 1
    files = [path for path in (tmp_path / "straight").rglob("*") if path.is_file()]
    assert len(files) == 3 + 2 * 3
    for file in files:
        other = tmp_path / "stopped" / file.relative_to(tmp_path / "straight")
        assert other.read_bytes() == file.read_bytes()


def test_random_crops_keep_the_whole_picture(tmp_path: Path) -> None:
    wide = write(tmp_path / "wide", {f"{seed}.png": encode(noise(seed, 8, 20)) for seed in range(12)})
    fit = Fit((8, 8), crop="random")
    made(wide, tmp_path / "set", fit)
    found = open_source(f"prepared:{tmp_path / 'set'}", fit)
    assert found.shape == (8, 8, 3)
    assert found.train[0]["image"].shape == (8, 20, 3)


def test_grey_and_colour_become_colour(tmp_path: Path) -> None:
    files = {f"{seed}.png": encode(noise(seed, channels=1 if seed else 3)) for seed in range(12)}
    made(write(tmp_path / "mixed", files), tmp_path / "set")
    for memory_limit in (2**30, 0):
        found = open_source(f"prepared:{tmp_path / 'set'}", FIT, memory_limit)
        assert found.shape == (8, 12, 3)
        assert {found.train[row]["image"].shape for row in range(len(found.train))} == {(8, 12, 3)}


def test_what_does_not_belong_together_is_refused(folder: Path, tmp_path: Path) -> None:
    made(folder, tmp_path / "set")
    with pytest.raises(UserError, match="was prepared at 8x12: use --image-size 8 12 --crop centre"):
        open_source(f"prepared:{tmp_path / 'set'}", Fit((8, 8)))
    with pytest.raises(UserError, match="was begun with other pictures or another shape"):
        made(folder, tmp_path / "set", Fit((8, 8)))
    with pytest.raises(UserError, match="holds something else"):
        made(folder, folder)
    with pytest.raises(UserError, match="has no usable picture: 1 files were left out"):
        made(write(tmp_path / "none", {"a.txt": b"a"}), tmp_path / "empty")


def test_damage_is_said(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    made(folder, out)
    shutil.copy(out / "prepared.json", tmp_path)
    for content, said in (
        ("{", "is damaged"),
        (json.dumps({"version": 2}), "has version 2; this program reads 1"),
    ):
        (out / "prepared.json").write_text(content)
        with pytest.raises(UserError, match=said):
            open_source(f"prepared:{out}", FIT)
    shutil.copy(tmp_path / "prepared.json", out)
    (out / "shards/00002.array_record").unlink()
    with pytest.raises(UserError, match="is damaged: 32 pictures of 40 are there"):
        open_source(f"prepared:{out}", FIT)


@pytest.mark.parametrize("key", ["version", "fit", "label_names", "unusable"])
def test_a_description_that_lacks_something_is_said(folder: Path, tmp_path: Path, key: str) -> None:
    made(folder, tmp_path / "set")
    path = tmp_path / "set" / "prepared.json"
    document = json.loads(path.read_text())
    del document[key]
    path.write_text(json.dumps(document))
    with pytest.raises(UserError, match=f"prepared.json is damaged .*'{key}'.*: prepare the set again"):
        open_origin(f"prepared:{tmp_path / 'set'}")


def test_a_damaged_index_is_said(folder: Path, tmp_path: Path) -> None:
    made(folder, tmp_path / "set")
    path = tmp_path / "set" / "index.npz"
    whole, stream = path.read_bytes(), io.BytesIO()
    with np.load(path) as arrays:
        kept = dict(arrays)
    np.savez(stream, **{**kept, "splits": np.full(40, 3, np.uint8)})
    short = io.BytesIO()
    np.savez(short, **{**kept, "channels": kept["channels"][1:]})
    for content in (
        b"",
        b"PK",
        whole[:-9],
        whole[:60] + bytes(9) + whole[69:],
        stream.getvalue(),
        short.getvalue(),
    ):
        path.write_bytes(content)
        with pytest.raises(UserError, match="index.npz is damaged .*: prepare the set again") as error:
            open_origin(f"prepared:{tmp_path / 'set'}")
        assert "\n" not in str(error.value)


def test_training_from_a_prepared_set(tiny: Config, folder: Path, tmp_path: Path) -> None:
    made(folder, tmp_path / "set", Fit((8, 8)))
    config = replace(
        tiny, data=f"prepared:{tmp_path / 'set'}", steps=20, watch=replace(tiny.watch, validate=0)
    )
    assert "prepared:" in train(config, tmp_path / "run")
    assert np.isfinite(json.loads((tmp_path / "run/journal.jsonl").read_text().splitlines()[1])["loss"])
