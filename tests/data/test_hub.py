"""Sets of Hugging Face's `datasets`, made by the test on disk; nothing is fetched."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

datasets: Any = pytest.importorskip("datasets", reason="needs mezzotint[hf]")

from mezzotint.config import Config  # noqa: E402
from mezzotint.data.fit import Fit  # noqa: E402
from mezzotint.data.open import open_origin, open_source  # noqa: E402
from mezzotint.errors import UserError  # noqa: E402
from tests.training.runs import steps, train  # noqa: E402

from .pictures import PNG, encode, noise, write  # noqa: E402

COUNTS = {"train": 40, "validation": 10, "test": 20}


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The cache of `datasets`, away from the user's."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", folder)
    datasets.disable_progress_bars()
    yield folder
    datasets.enable_progress_bars()


def rows(split: str) -> Any:
    count = COUNTS[split]
    features = datasets.Features(
        image=datasets.Image(),
        label=datasets.ClassLabel(names=["dark", "light"]),
        word=datasets.Value("string"),
        share=datasets.Value("float32"),
    )
    table = {
        "image": [{"bytes": encode(noise(1000 * count + row, 12, 12)), "path": None} for row in range(count)],
        "label": [row % 2 for row in range(count)],
        "word": ["abc"[row % 3] if row else None for row in range(count)],
        "share": [row / count for row in range(count)],
    }
    return datasets.Dataset.from_dict(table, features=features)


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a parquet file for each split."""
    folder = tmp_path_factory.mktemp("parquet")
    for split in COUNTS:
        rows(split).to_parquet(folder / f"{split}-00000-of-00001.parquet")
    return folder


def contents(uri: str) -> list[tuple[bytes, int, str]]:
    found = []
    for entry in open_origin(uri).entries:
        content = entry.read()
        assert isinstance(content, bytes)
        found.append((content, entry.label, entry.split))
    return found


def expected(split: str, picked: range, name: str) -> list[tuple[bytes, int, str]]:
    return [(encode(noise(1000 * COUNTS[split] + row, 12, 12)), row % 2, name) for row in picked]


def test_own_splits(parquet: Path) -> None:
    found = contents(f"hf:{parquet}")
    assert found == [
        *expected("train", range(40), "train"),
        *expected("validation", range(10), "validation"),
    ]
    assert open_origin(f"hf:{parquet}").label_names == ("dark", "light")


def test_slices(parquet: Path) -> None:
    assert contents(f"hf:{parquet}:test[:10]") == expected("test", range(10), "")
    assert contents(f"hf:{parquet}:train[:80%]+test[:80%],train[80%:]+test[80%:]") == [
        *expected("train", range(32), "train"),
        *expected("test", range(16), "train"),
        *expected("train", range(32, 40), "validation"),
        *expected("test", range(16, 20), "validation"),
    ]


def test_one_file_and_saved_folders(parquet: Path, tmp_path: Path) -> None:
    file = parquet / "train-00000-of-00001.parquet"
    assert contents(f"hf:{file}") == expected("train", range(40), "train")
    rows("test").save_to_disk(tmp_path / "one")
    datasets.DatasetDict({split: rows(split) for split in COUNTS}).save_to_disk(tmp_path / "three")
    assert contents(f"hf:{tmp_path / 'one'}") == expected("test", range(20), "train")
    assert contents(f"hf:{tmp_path / 'three'}") == contents(f"hf:{parquet}")


def test_twenty_steps_of_parquet(parquet: Path, tmp_path: Path, tiny: Config) -> None:
    train(replace(tiny, data=f"hf:{parquet}", steps=20), tmp_path / "run")
    assert steps(tmp_path / "run") == 20


def test_twenty_steps_of_an_imagefolder(tmp_path: Path, tiny: Config) -> None:
    files = {
        f"{split}/{kind}/{row}.png": encode(noise(row, 12, 12))
        for split, begin, end in (("train", 0, 24), ("validation", 24, 32))
        for row in range(begin, end)
        for kind in [("rose", "aster")[row % 2]]
    }
    uri = f"hf:{write(tmp_path / 'root', files)}"
    opened = open_source(uri, Fit((12, 12)))
    assert (len(opened.train), len(opened.validation)) == (24, 8) and not opened.unusable
    assert opened.label_names == ("aster", "rose")
    named = {opened.train[row]["image"].tobytes(): opened.train[row]["label"] for row in range(24)}
    assert named == {noise(row, 12, 12).tobytes(): 1 - row % 2 for row in range(24)}
    train(replace(tiny, data=uri, steps=20), tmp_path / "run")
    assert steps(tmp_path / "run") == 20


def test_columns_are_chosen(parquet: Path) -> None:
    origin = open_origin(f"hf:{parquet}:train?label=word")
    assert origin.label_names == ("a", "b", "c") and [e.label for e in origin.entries[:4]] == [-1, 1, 2, 0]
    assert {e.label for e in open_origin(f"hf:{parquet}?label=").entries} == {-1}
    for query, said in (
        ("image=picture", "has no field 'picture'"),
        ("image=share", "the column 'share' does not hold pictures"),
        ("label=share", "the column 'share' holds no labels"),
        ("shade=1", "unknown option 'shade'"),
    ):
        with pytest.raises(UserError, match=said):
            open_origin(f"hf:{parquet}?{query}")


def test_bytes_without_features_and_two_columns(tmp_path: Path) -> None:
    features = datasets.Features(front=datasets.Value("binary"), side=datasets.Value("int64"))
    table = {"front": [encode(noise(row)) for row in range(4)], "side": [3, 1, 1, 3]}
    datasets.Dataset.from_dict(table, features=features).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(
        UserError, match=r"has no field of pictures: name it with \?image=FIELD; there are: front"
    ):
        open_origin(f"hf:{tmp_path}")
    origin = open_origin(f"hf:{tmp_path}?image=front&label=side")
    assert origin.entries[2].read() == table["front"][2]
    assert (origin.label_names, [e.label for e in origin.entries]) == (("1", "3"), [1, 0, 0, 1])
    both = datasets.Features(front=datasets.Image(), back=datasets.Image())
    datasets.Dataset.from_dict(
        {"front": [None], "back": [{"bytes": PNG, "path": None}]}, features=both
    ).to_parquet(tmp_path / "two.parquet")
    with pytest.raises(UserError, match=r"\(front, back\): choose one with \?image=FIELD"):
        open_origin(f"hf:{tmp_path / 'two.parquet'}")
    empty = open_origin(f"hf:{tmp_path / 'two.parquet'}?image=front")
    with pytest.raises(UserError, match="there is no picture in this row"):
        open_source(empty.name + "?image=front", Fit((8, 8)))


def test_no_file_but_the_sets_own_is_read(tmp_path: Path) -> None:
    secret = write(tmp_path, {"secret.png": PNG}) / "secret.png"
    table = {"image": [{"bytes": None, "path": str(secret)}, {"bytes": PNG, "path": None}]}
    features = datasets.Features(image={"bytes": datasets.Value("binary"), "path": datasets.Value("string")})
    root = tmp_path / "root"
    root.mkdir()
    datasets.Dataset.from_dict(table, features=features).to_parquet(root / "a.parquet")
    opened = open_source(f"hf:{root}?image=image", Fit((8, 8)))
    assert [each.reason for each in opened.unusable] == ["it is not a file of the set"]
    assert len(opened.train) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("PARQUET:trian", r"has no slice 'trian' \(Unknown split"),
        ("PARQUET:train[", r"has no slice 'train\['"),
        ("PARQUET:train,test,validation", "one slice, or two"),
        ("/no/such", "there is no file or folder '/no/such'"),
        ("a/b/c", "the hub's names are OWNER/NAME"),
        (__file__, r"cannot be opened \(.*: name a parquet file, or a folder"),
    ],
)
def test_what_is_not_there_is_said(parquet: Path, name: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        open_origin(f"hf:{name.replace('PARQUET', str(parquet))}")
    assert "\n" not in str(error.value)


def test_offline(parquet: Path, tmp_path: Path) -> None:
    """With HF_HUB_OFFLINE=1 local sets open, and one of the hub is refused in one line, at once."""
    program = (
        "import sys; from mezzotint.data.open import open_origin; from mezzotint.errors import UserError\n"
        f"assert len(open_origin('hf:{parquet}').entries) == 50\n"
        "try: open_origin('hf:nobody/nothing')\n"
        "except UserError as error: print(error)\n"
    )
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, env=environment, capture_output=True, text=True
    )
    assert done.stdout.startswith("hf:nobody/nothing cannot be opened (") and done.stdout.count("\n") == 1
    assert "without one, only sets in the cache can be opened" in done.stdout
