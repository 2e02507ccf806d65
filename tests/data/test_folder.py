"""Labels and splits of folders: by sub-folders, and by tables beside the pictures."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mezzotint.config import Config
from mezzotint.data import metadata
from mezzotint.data.fit import Fit
from mezzotint.data.open import open_origin, open_source
from mezzotint.data.source import Origin
from mezzotint.errors import UserError
from tests.training.runs import steps, train

from .pictures import PNG, encode, noise, write


def labels(origin: Origin, root: Path) -> dict[str, str]:
    """What each file is called."""
    return {
        str(Path(entry.name).relative_to(root)): origin.label_names[entry.label] if entry.label >= 0 else ""
        for entry in origin.entries
    }


def test_labels_are_asked_for(tmp_path: Path) -> None:
    root = write(tmp_path, {"rose/a.png": PNG, "aster/deep/b.png": PNG, "c.png": PNG, ".git/d.png": PNG})
    assert {entry.label for entry in open_origin(f"folder:{root}").entries} == {-1}
    origin = open_origin(f"folder:{root}?labels=folders")
    assert labels(origin, root) == {"aster/deep/b.png": "aster", "c.png": "", "rose/a.png": "rose"}
    assert origin.label_names == ("aster", "rose")


def test_folders_as_splits_and_labels_train(tmp_path: Path, tiny: Config) -> None:
    files = {
        f"{split}/{kind}/{seed}.png": encode(noise(seed + offset))
        for split, count, offset in (("train", 12, 0), ("val", 4, 100), ("test", 2, 200))
        for kind, start in (("rose", 0), ("aster", 50))
        for seed in range(start, start + count)
    }
    root = write(tmp_path / "root", {**files, "more/x.png": PNG})
    uri = f"folder:{root}?splits=folders&labels=folders"
    origin = open_origin(uri)
    assert origin.label_names == ("aster", "more", "rose")
    splits = [entry.split for entry in origin.entries]
    assert [splits.count(split) for split in ("train", "validation", "test", "")] == [24, 8, 4, 1]
    opened = open_source(uri, Fit((8, 8)))
    assert len(opened.train) + len(opened.validation) == 24 + 8 + 1
    train(replace(tiny, data=uri, steps=20), tmp_path / "run")
    assert steps(tmp_path / "run") == 20
    with pytest.raises(UserError, match="write \\?splits=folders"):
        open_origin(f"folder:{root}?splits=yes")
    with pytest.raises(UserError, match="no pictures in sub-folders called train, validation"):
        open_origin(f"folder:{root / 'train'}?splits=folders")


ROWS = [("a.png", "10"), ("deep/b.png", "9"), ("c.png", "")]
TABLES = {
    "metadata.jsonl": "\n".join(
        json.dumps({"file_name": n, "label": int(v) if v else None}) for n, v in ROWS
    ),
    "metadata.csv": "\ufefffile_name,label\r\n" + "\r\n".join(",".join(row) for row in ROWS),
    "labels.csv": "label,file_name\n" + "\n".join(",".join(row[::-1]) for row in ROWS),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_found(tmp_path: Path, table: str) -> None:
    files = {name: PNG for name, _ in ROWS} | {"other.png": PNG, table: TABLES[table].encode()}
    root = write(tmp_path, files)
    origin = open_origin(f"folder:{root}")
    assert origin.label_names == ("9", "10")  # in the order of numbers
    assert labels(origin, root) == {"a.png": "10", "deep/b.png": "9", "c.png": "", "other.png": ""}
    assert not origin.unusable


def test_tables_in_the_splits(tmp_path: Path) -> None:
    table = b"file_name,kind\na.png,rose\n"
    root = write(
        tmp_path,
        {f"{s}/{n}": c for s in ("train", "test") for n, c in (("a.png", PNG), ("metadata.csv", table))},
    )
    origin = open_origin(f"folder:{root}?splits=folders&label=kind")
    assert labels(origin, root) == {"train/a.png": "rose", "test/a.png": "rose"}


def test_a_table_that_is_named(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"a.png": PNG, "b.png": PNG})
    table = write(tmp_path, {"outside.csv": b"file_name,kind\na.png,rose\n"}) / "outside.csv"
    origin = open_origin(f"folder:{root}?labels={table}&label=kind")
    assert labels(origin, root) == {"a.png": "rose", "b.png": ""}
    for query, said in (
        (f"labels={table}", "has no column 'label'"),
        (f"labels={table}&label=kid", "did you mean kind"),
        ("labels=no.csv", "'no.csv' is neither"),
        ("labels=a.png", "'a.png' is neither"),
    ):
        with pytest.raises(UserError, match=said):
            open_origin(f"folder:{root}?{query}")


def test_names_that_lead_outside_are_listed_and_never_read(tmp_path: Path) -> None:
    write(tmp_path, {"secret.png": PNG})
    names = ["../secret.png", str(tmp_path / "secret.png"), "gone.png", "\x1b[2J\ud800.png", "a.png"]
    table = "\n".join(json.dumps({"file_name": name, "label": "x"}) for name in names)
    root = write(tmp_path / "root", {"a.png": PNG, "metadata.jsonl": table.encode()})
    origin = open_origin(f"folder:{root}")
    assert labels(origin, root) == {"a.png": "x"}
    reasons = {each.path: each.reason for each in origin.unusable}
    assert sorted(reason.split(", but ")[1] for reason in reasons.values()) == [
        "it is not among the folder's files",
        "it is not among the folder's files",
        "it lies outside the folder",
        "it lies outside the folder",
    ]
    assert all(path.isprintable() for path in reasons)


def test_a_table_that_is_a_link_outside_is_refused(tmp_path: Path) -> None:
    table = write(tmp_path, {"secret.csv": b"file_name,label\n"}) / "secret.csv"
    root = write(tmp_path / "root", {"a.png": PNG})
    (root / "metadata.csv").symlink_to(table)
    with pytest.raises(UserError, match="a link that leads outside"):
        open_origin(f"folder:{root}")


def test_a_table_of_something_else_is_no_table_of_labels(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.png": PNG, "labels.csv": b"x,y\n1,2\n"})
    origin = open_origin(f"folder:{root}")
    assert len(origin.entries) == 2 and not origin.label_names
    captions = write(tmp_path, {"metadata.csv": b"file_name,text\na.png,a rose\n"})
    assert not open_origin(f"folder:{captions}").label_names


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"\xff\xfe", "cannot be read as a table"),
        (b"[1, 2]", "line 1 is not an object"),
        (b"{", "cannot be read as a table"),
        (b"[" * 100_000, "cannot be read as a table"),
        (b'{"file_name": 3, "label": 1}', "not a file's name"),
        (b'{"file_name": "a.png", "label": [1]}', "neither text nor a whole number"),
    ],
)
def test_bad_tables(tmp_path: Path, table: bytes, said: str) -> None:
    root = write(tmp_path, {"a.png": PNG, "metadata.jsonl": table})
    with pytest.raises(UserError, match=said):
        open_origin(f"folder:{root}")


def test_tables_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    table = b"file_name,label\na.png,1\nb.png,2\n"
    monkeypatch.setattr(metadata, "MAX_ROWS", 1)
    with pytest.raises(UserError, match="more than 1 rows"):
        metadata.labels(table, "t.csv", None, demanded=True)
    monkeypatch.setattr(metadata, "MAX_BYTES", 10)
    with pytest.raises(UserError, match="larger than"):
        metadata.labels(table, "t.csv", None, demanded=True)
