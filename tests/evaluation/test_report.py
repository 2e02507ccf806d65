"""report.json: what is written is what is read, and everything else is refused in one line."""

import json
from pathlib import Path

import pytest

from mezzotint.errors import UserError
from mezzotint.evaluation.report import Copies, Number, Report, read, to_json, write

REPORT = Report(
    what="runs/demo",
    against="fashion",
    count=64,
    train=100,
    held_out=20,
    floor_count=50,
    floor_of="training",
    shape=(20, 20, 1),
    extractor="small",
    extractor_version="1",
    seed=3,
    made={"steps": 20, "sampler": "ddim"},
    numbers={"KID[small]": Number(0.1, 0.05, 0.15, 0.001)},
    copies=Copies(0.1, 0.05, 0.2, 0.01, -1.5, 0.6),
    pairs=((3, 5, 7), (4, 6, 8)),
    warnings=("few pictures",),
)


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    write(tmp_path / "report.json", REPORT)
    assert read(tmp_path / "report.json") == REPORT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "is no report of `mezzotint evaluate`, or it is damaged"),
        ("[]", "is no report of `mezzotint evaluate`, or it is damaged"),
        (json.dumps({"version": 2}), "has version 2; this program reads 1"),
        (json.dumps({"version": 1}), "is damaged: 'numbers'"),
        (to_json(REPORT).replace('"count"', '"counts"'), "is damaged: .*counts"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(UserError, match=expected):
        read(tmp_path / "report.json")


def test_no_report_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no report .*: `mezzotint evaluate` writes one"):
        read(tmp_path / "report.json")
