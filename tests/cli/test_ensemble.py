"""Runs that differ in their seed as one model, from the command line."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mezzotint.cli.evaluate import Options, check, of_each_member
from mezzotint.cli.making import Making
from mezzotint.config import Config
from mezzotint.errors import UserError
from mezzotint.model.ensemble import ensemble
from tests.cli.test_commands import run
from tests.model.test_ensemble import models


def test_runs_of_several_seeds_as_one_model(
    tiny: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for model in models(replace(tiny, channels=3, sampling_steps=1), 2):
        model.save(tmp_path / str(model.config.seed))
    runs, both = [str(tmp_path / "0"), str(tmp_path / "1")], tmp_path / "both"
    code, out, _ = run(capsys, "ensemble", *runs, "--out", str(both))
    assert code == 0 and out.strip() == str(both)
    sheet, maps = tmp_path / "sheet.png", tmp_path / "maps.png"
    words = ["--count", "4", "--out", str(sheet), "--disagreement", str(maps)]
    code, out, _ = run(capsys, "sample", str(both), *words)
    assert code == 0 and "members differ by 0." in out
    assert np.asarray(Image.open(maps)).shape == np.asarray(Image.open(sheet)).shape[:2]
    code, _, err = run(capsys, "sample", str(both), "--member", "2", "--out", str(sheet))
    assert code == 2 and "members 0 to 1" in err
    code, _, err = run(capsys, "sample", runs[0], "--disagreement", str(maps), "--out", str(sheet))
    assert code == 2 and "is of an ensemble" in err
    code, _, err = run(capsys, "ensemble", *runs, "--out", runs[0])
    assert code == 2 and "holds something else" in err
    code, _, err = run(capsys, "ensemble", *runs, "--out", str(sheet))
    assert code == 2 and "is a file" in err


def test_the_animation_is_of_the_mean_whether_or_not_the_members_are_compared(
    tiny: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ensemble(models(replace(tiny, channels=3, sampling_steps=1), 2)).save(tmp_path / "both")
    way, found = tmp_path / "way.png", []
    words = ["--count", "1", "--animate", str(way), "--out", str(tmp_path / "sheet.png")]
    for more in ([], ["--disagreement", str(tmp_path / "maps.png")], ["--member", "1"]):
        code, _, _ = run(capsys, "sample", str(tmp_path / "both"), *words, *more)
        assert code == 0
        found.append(way.read_bytes())
    assert found[0] == found[1] != found[2]


def test_each_member_is_evaluated_with_a_seed_and_a_folder_of_its_own(tiny: Config, tmp_path: Path) -> None:
    ensemble(models(replace(tiny, channels=3), 3)).save(tmp_path)
    found = of_each_member(Options(str(tmp_path), members=True, making=Making(seed=5), out=Path("out")))
    assert [(each.making.member, each.making.seed) for each in found] == [(0, 5), (1, 6), (2, 7)]
    assert [each.out for each in found] == [Path(f"out/member-{index}") for index in range(3)]
    with pytest.raises(UserError, match="fashion is none"):
        of_each_member(Options("fashion", members=True))
    with pytest.raises(UserError, match="every member once"):
        check(Options(str(tmp_path), members=True, repeats=2))
