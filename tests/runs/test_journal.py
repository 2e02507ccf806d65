"""The journal: appended, read without trust, and wound back for a resumed run."""

from pathlib import Path

import pytest

from mezzotint.runs import journal


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    assert list(journal.read(path)) == []
    journal.append(path, "train", 10, loss=0.1)
    journal.append(path, "checkpoint", 10)
    assert list(journal.read(path)) == [
        {"kind": "train", "step": 10, "loss": 0.1},
        {"kind": "checkpoint", "step": 10},
    ]


def test_lines_that_are_no_entries_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal.append(path, "train", 1, loss=0.1)
    with path.open("ab") as file:
        file.write(b'\xff\xfe\n[1]\n"text"\n{"kind": "train"}\n{"step": 2}\n{"kind": "train", "st')
    assert [entry["step"] for entry in journal.read(path)] == [1]


def test_winding_back_drops_what_came_after_and_what_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for step in (1, 2, 3):
        journal.append(path, "train", step, loss=float(step))
    with path.open("a") as file:
        file.write('{"kind": "tra')
    kept = path.read_bytes().splitlines(keepends=True)[:2]
    journal.rewind(path, 2)
    assert path.read_bytes() == b"".join(kept)
    journal.rewind(tmp_path / "missing", 2)
    assert not (tmp_path / "missing").exists()


def test_winding_back_needs_no_room(tmp_path: Path) -> None:
    """The same file, cut off: a full disk has no room for another one, nor a line of it to write."""
    path = tmp_path / "journal.jsonl"
    for step in (1, 2, 3):
        journal.append(path, "train", step, loss=float(step))
    before = path.stat().st_ino
    journal.rewind(path, 2)
    assert path.stat().st_ino == before and [entry["step"] for entry in journal.read(path)] == [1, 2]


@pytest.mark.parametrize("torn", [b'{"kind": "train", "st', b'{"kind": "train", "step": 2}', b"\xff"])
def test_what_is_appended_after_winding_back_has_a_line_of_its_own(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    journal.append(path, "train", 1)
    with path.open("ab") as file:
        file.write(b"no entry\n")
    journal.append(path, "train", 2)
    with path.open("ab") as file:
        file.write(torn)
    journal.rewind(path, 2)
    journal.append(path, "checkpoint", 2)
    assert [(entry["kind"], entry["step"]) for entry in journal.read(path)] == [
        ("train", 1),
        ("train", 2),
        ("checkpoint", 2),
    ]
