"""The command line as a person uses it: train, sample, export, and every answer to bad input."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mezzotint
from mezzotint.cli.main import VERBS, main
from mezzotint.config import from_json
from mezzotint.core.objective import Edm, Weighted
from mezzotint.runs import checkpoint
from mezzotint.runs.lock import locked

TINY = [
    *("--image-size", "8", "--batch-size", "4", "--steps", "3", "--network.kind", "article-unet"),
    *("--network.widths", "8", "8", "--network.depth", "1", "--network.stem", "8"),
    *("--network.embedding", "8", "--watch.validate", "0", "--watch.sample", "0"),
]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of a command."""
    try:
        main(list(words))
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture(scope="module")
def trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three steps, made by the command."""
    out = tmp_path_factory.mktemp("runs") / "run"
    main(["train", "flowers-article", "--data", f"folder:{pictures}", "--out", str(out), *TINY])
    return out


def test_help_is_quick_and_lists_every_verb() -> None:
    began = time.monotonic()
    shown = subprocess.run(
        [sys.executable, "-m", "mezzotint", "--help"], capture_output=True, text=True, check=True
    )
    assert time.monotonic() - began < 1
    assert all(verb in shown.stdout for verb in VERBS)


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_has_help(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    code, out, _ = run(capsys, verb, "--help")
    assert code == 0 and "usage" in out


def test_recipes_are_listed_with_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "recipes")
    names = [line.split()[0] for line in out.splitlines()]
    assert names == ["demo", "demo-classes", "flowers-article", "flowers-small", "flowers-classes"]
    assert all(len(line.split()) > 5 for line in out.splitlines())


def test_training_help_shows_the_recipes_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "train", "flowers-article", "--help")
    text = " ".join(out.replace("│", " ").split())
    for shown in ("--optimizer.learning-rate FLOAT", "(default: 32 64 96 128)", "(default: 0.999)"):
        assert shown in text


def test_a_dry_run_prints_the_configuration_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], pictures: Path, tmp_path: Path
) -> None:
    words = ["--data", f"folder:{pictures}", "--out", str(tmp_path / "run"), "--dry-run", *TINY]
    _, out, _ = run(capsys, "train", "flowers-article", *words, "--schedule.kind", "straight")
    line, _, document = out.partition("\n")
    for said in ("1 cpu device", "parameters", "training and", "GiB"):
        assert said in line
    config = from_json(document)
    assert (config.steps, config.channels, config.image_size) == (3, 3, (8, 8))
    assert json.loads(document)["config"]["schedule"]["kind"] == "straight"
    assert not (tmp_path / "run").exists()


def test_pictures_from_a_run_as_a_grid_and_one_by_one(
    capsys: pytest.CaptureFixture[str], trained: Path, tmp_path: Path
) -> None:
    words = ["sample", str(trained), "--count", "4", "--steps", "2", "--seed", "7"]
    code, out, _ = run(capsys, *words, "--out", str(tmp_path / "grid.png"))
    assert code == 0 and out.strip() == str(tmp_path / "grid.png")
    grid = np.asarray(Image.open(tmp_path / "grid.png"))
    assert grid.shape == (18, 18, 3)
    run(capsys, *words, "--out", str(tmp_path / "each"))
    each = [np.asarray(Image.open(path)) for path in sorted((tmp_path / "each").glob("*.png"))]
    assert len(each) == 4
    np.testing.assert_array_equal(each[3], grid[10:, 10:])
    np.testing.assert_array_equal(each[0], grid[:8, :8])


def test_the_command_and_the_python_call_make_the_same_pictures(
    capsys: pytest.CaptureFixture[str], trained: Path, tmp_path: Path
) -> None:
    run(capsys, "sample", str(trained), "--count", "1", "--steps", "2", "--out", str(tmp_path))
    (path,) = tmp_path.glob("*.png")
    picture = mezzotint.load(trained).sample(1, steps=2, seed=0)[0]
    np.testing.assert_array_equal(np.asarray(Image.open(path)), np.round(picture * 255))


def test_the_sampler_is_chosen_by_name(
    capsys: pytest.CaptureFixture[str], trained: Path, tmp_path: Path
) -> None:
    words = ["sample", str(trained), "--count", "1", "--steps", "3", "--out", str(tmp_path)]
    found = []
    for more in (["--sampler", "ddpm"], ["--eta", "1"], ["--sampler", "ddim", "--eta", "1"], []):
        run(capsys, *words, *more)
        (path,) = tmp_path.glob("*.png")
        found.append(path.read_bytes())
    assert found[0] == found[1] == found[2] != found[3]


def test_weights_leave_a_run_and_make_the_same_pictures(
    capsys: pytest.CaptureFixture[str], trained: Path, tmp_path: Path
) -> None:
    code, out, _ = run(capsys, "export", str(trained), "--out", str(tmp_path / "model"))
    assert code == 0 and out.strip() == str(tmp_path / "model")
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        "config.json",
        "model.safetensors",
    ]
    before, after = mezzotint.load(trained), mezzotint.load(tmp_path / "model")
    np.testing.assert_array_equal(before.sample(3, steps=2), after.sample(3, steps=2))
    code, _, err = run(capsys, "export", str(trained), "--out", str(tmp_path / "model"))
    assert code == 2 and "holds something else" in err


def test_a_run_leaves_as_a_program_that_was_run(
    capsys: pytest.CaptureFixture[str], trained: Path, tmp_path: Path
) -> None:
    words = [
        "export",
        str(trained),
        "--format",
        "onnx",
        "--quantize",
        "float16",
        "--out",
        str(tmp_path / "out"),
    ]
    code, out, _ = run(capsys, *words)
    assert code == 0 and re.match(
        rf"{tmp_path / 'out'}: 0\.\d+ MB; against JAX, run by its own runtime: ", out
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["mezzotint.json", "model.onnx"]
    code, _, err = run(capsys, *words)
    assert code == 2 and "holds something else" in err
    words[-1] = str(tmp_path / "other")
    code, _, err = run(capsys, *words, "--whole-sampler", "2", "--sampler", "ddpm")
    assert code == 2 and "must be one that adds no noise" in err
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


BAD = {
    "an unknown format": (
        ["export", "x", "--out", "y", "--format", "onx"],
        "no format 'onx'; did you mean onnx",
    ),
    "fewer bits where there are none": (
        ["export", "x", "--out", "y", "--format", "stablehlo", "--quantize", "int8"],
        "--quantize int8 is not of --format stablehlo",
    ),
    "a whole sampler in a page": (
        ["export", "x", "--out", "y", "--format", "web", "--whole-sampler", "5"],
        "--whole-sampler is not of --format web",
    ),
    "a whole sampler of no steps": (
        ["export", "x", "--out", "y", "--format", "onnx", "--whole-sampler", "0"],
        "--whole-sampler must be from 1 to 1024, not 0",
    ),
    "a sampler of nothing": (
        ["export", "x", "--out", "y", "--format", "onnx", "--sampler", "heun"],
        "--sampler belongs to --whole-sampler STEPS",
    ),
    "an export of no run": (["export", "/no/such", "--out", "y", "--format", "onnx"], "/no/such"),
    "an unknown verb": (["trian"], "there is no verb 'trian'; did you mean train"),
    "no recipe": (
        ["train", "--out", "x"],
        "name a recipe first: mezzotint train demo|demo-classes|flowers-article",
    ),
    "an unknown recipe": (["train", "flower-article"], "did you mean flowers-article"),
    "an unknown source": (["train", "demo", "--data", "fashio", "--out", "x"], "fashion"),
    "a missing folder": (["train", "demo", "--data", "folder:/no/such", "--out", "x"], "/no/such"),
    "flowers without its files": (["train", "demo", "--data", "flowers:.", "--out", "x"], "102flowers.tgz"),
    "a size that the stages do not divide": (
        ["train", "demo", "--image-size", "30", "--out", "x"],
        "multiples of 4; the nearest is --image-size 32 32",
    ),
    "three sides": (
        ["train", "demo", "--image-size", "8", "8", "8", "--out", "x"],
        "one number, or a height",
    ),
    "more pictures than there are": (
        ["train", "demo", "--batch-size", "9001", "--out", "x"],
        "fashion has 9000 training pictures, fewer than a batch of 9001: use --batch-size 9000",
    ),
    "no steps": (["train", "demo", "--steps", "0", "--out", "x"], "--steps must be at least 1, not 0"),
    "parts that do not divide the batch": (
        ["train", "demo", "--optimizer.accumulate", "5", "--out", "x"],
        "--optimizer.accumulate must divide it",
    ),
    "two channels": (["train", "demo", "--channels", "2", "--out", "x"], "--channels must be 1"),
    "a negative seed": (["train", "demo", "--seed", "-1", "--out", "x"], "--seed must be from 0"),
    "no time to wait": (["train", "demo", "--wait", "0", "--out", "x"], "--wait 0 must be at least 1"),
    "no exit code": (
        ["train", "demo", "--stopped-exit-code", "256", "--out", "x"],
        "--stopped-exit-code 256 must be from 0 to 255",
    ),
    "no run to sample from": (["sample", "/no/such"], "/no/such is not a run"),
    "no pictures": (["sample", "/no/such", "--count", "0"], "must be at least 1"),
    "too much noise": (["sample", "/no/such", "--eta", "2"], "--eta must be from 0 to 1"),
    "an unknown sampler": (
        ["sample", "/no/such", "--sampler", "uni-pc"],
        "there is no sampler 'uni-pc'; did you mean unipc?",
    ),
    "noise for a sampler without": (
        ["sample", "/no/such", "--sampler", "heun", "--eta", "0.5"],
        "--eta belongs to ddim: leave it out, or --sampler heun",
    ),
}


@pytest.mark.parametrize(("words", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_one_clear_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith("mezzotint: ") and said in err
    assert err.count("\n") == 1 and "Traceback" not in err
    assert not list(tmp_path.iterdir()), "nothing is written before the input is known to be good"


def test_bad_folders_for_a_run_are_named(
    capsys: pytest.CaptureFixture[str], pictures: Path, tmp_path: Path, trained: Path
) -> None:
    words = ["train", "flowers-article", "--data", f"folder:{pictures}", *TINY]
    (tmp_path / "file").write_text("mine")
    code, _, err = run(capsys, *words, "--out", str(tmp_path / "file"))
    assert code == 2 and "is a file" in err
    code, _, err = run(capsys, *words, "--out", str(tmp_path))
    assert code == 2 and "holds something else" in err
    assert (tmp_path / "file").read_text() == "mine"
    code, _, err = run(capsys, *words, "--out", str(trained), "--optimizer.b1", "0.5", "--seed", "3")
    assert code == 2 and "seed was 0, now 3; optimizer.b1 was 0.9, now 0.5" in err
    code, _, err = run(capsys, *words, "--out", str(trained), "--steps", "2")
    assert code == 2 and "has trained for 3 steps already, more than --steps 2" in err
    assert checkpoint.steps(trained / "checkpoints") == [3]


def test_too_few_pictures_and_broken_ones_are_counted(
    capsys: pytest.CaptureFixture[str], pictures: Path, tmp_path: Path
) -> None:
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for path in sorted(pictures.iterdir())[:8]:
        (mixed / path.name).write_bytes(path.read_bytes())
    (mixed / "notes.txt").write_text("not a picture")
    (mixed / "empty.png").touch()
    words = ["train", "flowers-article", "--data", f"folder:{mixed}", "--out", str(tmp_path / "run")]
    code, _, err = run(capsys, *words, *TINY)
    assert code == 0
    assert "2 left out" in err and "notes.txt" in err and "empty.png" in err
    code, _, err = run(capsys, *words, *TINY, "--batch-size", "16")
    assert code == 2 and "fewer than a batch of 16" in err


def test_kinds_within_kinds_and_a_kind_that_asks_for_another_size(
    capsys: pytest.CaptureFixture[str], pictures: Path
) -> None:
    words = ["train", "demo", "--data", f"folder:{pictures}", "--dry-run", *TINY]
    kinds = ["--objective.kind", "weighted", "--objective.weighting.kind", "edm"]
    code, out, err = run(capsys, *words, *kinds, "--objective.weighting.sigma-data", "0.5")
    assert code == 0, err
    config = from_json(out.partition("\n")[2])
    assert config.objective == Weighted(weighting=Edm(sigma_data=0.5))
    code, _, err = run(capsys, "train", "demo", "--network.kind", "article-unet")
    assert code == 2 and "does not fit the network: both sides must be multiples of 8" in err


def test_two_runs_in_one_folder_are_refused(
    capsys: pytest.CaptureFixture[str], pictures: Path, tmp_path: Path
) -> None:
    words = ["train", "flowers-article", "--data", f"folder:{pictures}", "--out", str(tmp_path), *TINY]
    with locked(tmp_path / "lock", print):
        code, _, err = run(capsys, *words)
    assert code == 2 and err.count("\n") == 1
    assert f"another run writes to {tmp_path}: process {os.getpid()} on" in err
    assert not (tmp_path / "config.json").exists()
    code, _, err = run(capsys, *words)
    assert code == 0 and (tmp_path / "checkpoints" / "3").is_dir()
