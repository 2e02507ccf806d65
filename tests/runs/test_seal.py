"""Seals: what is no seal any more is told as damage, never as an error of the program."""

import json
from pathlib import Path
from typing import Any

import pytest

from mezzotint.runs.seal import seal, sealed_loss, verify


def test_the_score_is_sealed_in(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"x")
    seal(tmp_path, 0.5)
    verify(tmp_path)
    assert sealed_loss(tmp_path) == 0.5


@pytest.mark.parametrize(
    "document",
    [
        [],
        "seal",
        {"version": 1, "validation_loss": None},
        {"version": 1, "validation_loss": None, "files": ["weights"]},
        {"version": 1, "validation_lass": None, "files": {}},
        {"version": 1, "validation_loss": "0.5", "files": {}},
    ],
)
def test_what_is_no_seal_is_damage(tmp_path: Path, document: Any) -> None:
    (tmp_path / "seal.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match="its seal is damaged"):
        verify(tmp_path)
    assert sealed_loss(tmp_path) is None
