"""`mezzotint likelihood` and `mezzotint tune`, and what `mezzotint sample` makes of a tuned grid."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import mezzotint
from mezzotint.config import Config
from mezzotint.core.grid import KarrasGrid
from mezzotint.core.pixels import PixelStatistics
from mezzotint.model import Model, init_variables
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.runs import tuned
from mezzotint.sampling.ddim import Ddim

from .test_commands import run


@pytest.fixture(scope="module")
def exported(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was never trained, its output not zero."""
    network = ArticleUNet(widths=(8, 8), depth=1, stem=8, embedding=8)
    config = Config(data=f"folder:{pictures}", image_size=(8, 8), channels=3, network=network)
    variables = jax.tree.map(lambda a: a + 0.02, init_variables(config, jax.random.key(0)))
    statistics = PixelStatistics(jnp.array([0.4, 0.5, 0.6]), jnp.array([0.01, 0.02, 0.03]))
    return Model(config, variables, statistics).save(tmp_path_factory.mktemp("models") / "model")


def test_bits_of_the_held_out_pictures_with_their_error(
    capsys: pytest.CaptureFixture[str], exported: Path, pictures: Path
) -> None:
    words = ["likelihood", str(exported), "--steps", "2", "--count", "3"]
    code, out, err = run(capsys, *words)
    assert code == 0, err
    first, second = out.splitlines()
    found = re.match(r"([\d.]+) ± ([\d.]+) bits/dim, at most, on 3 held-out pictures of folder:", first)
    assert found and float(found[1]) > 0 and float(found[2]) > 0
    parts = re.match(r"([\d.]+) for the noisy picture at t = 0, ([\d.]+) for the last denoise; 9 net", second)
    assert parts and abs(float(parts[1]) + float(parts[2]) - float(found[1])) < 2e-4
    _, again, _ = run(capsys, *words, "--seed", "1", "--data", f"folder:{pictures}")
    assert again.splitlines()[0] != first and "bits/dim" in again


def test_a_tuned_grid_is_kept_in_the_run_and_used(
    capsys: pytest.CaptureFixture[str], exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mezzotint.tuning.tune.SOLUTION", (Ddim(), 20))
    own = Path(shutil.copytree(exported, tmp_path / "run"))
    code, out, err = run(capsys, "tune", str(own), "--steps", "3", "--pictures", "2")
    assert code == 0, err
    assert out.startswith("ddim in 3 steps: ") and out.endswith(f"\n{own / 'tuned.json'}\n")
    (found,) = tuned.read(own / "tuned.json")
    assert (found.steps, found.checkpoint, found.pictures) == (3, None, 2)
    assert found.after <= found.before
    tuned.write(own / "tuned.json", [replace(found, checkpoint=1800)])

    words = ["sample", str(own), "--count", "1", "--eta", "0", "--steps", "3", "--out", str(tmp_path / "x")]
    _, _, err = run(capsys, *words)
    assert err == "sampling times tuned for ddim in 3 steps at training step 1,800\n"
    (path,) = (tmp_path / "x").glob("*.png")
    model = mezzotint.load(own)
    with_it = model.sample(1, steps=3, sampler=Ddim())
    np.testing.assert_array_equal(np.asarray(Image.open(path)), np.round(with_it[0] * 255))
    np.testing.assert_array_equal(with_it, model.sample(1, steps=3, sampler=Ddim(), grid=found.grid))
    np.testing.assert_allclose(model.trajectory(1, steps=3, sampler=Ddim())[1][-1], with_it, atol=1e-6)
    assert mezzotint.load(model.save(tmp_path / "copy")).tuned == model.tuned

    run(capsys, *words, "--grid", "karras")
    karras = model.sample(1, steps=3, sampler=Ddim(), grid=KarrasGrid())
    np.testing.assert_array_equal(np.asarray(Image.open(path)), np.round(karras[0] * 255))
    code, _, err = run(capsys, *words, "--grid", "tuned", "--steps", "4")
    assert code == 2 and "no grid tuned for this sampler in 4 steps: it has ddim in 3" in err
    (own / "tuned.json").write_text("{")
    code, _, err = run(capsys, *words)
    assert code == 2 and "tuned.json is damaged" in err and err.count("\n") == 1


BAD = {
    "one picture": (["likelihood", "RUN", "--count", "1"], "--count must be at least 2"),
    "no probes": (["likelihood", "RUN", "--probes", "0"], "--probes and --steps must be at least 1"),
    "a seed below 0": (["likelihood", "RUN", "--seed", "-1"], "--seed must be from 0"),
    "pictures that are not there": (["likelihood", "RUN", "--data", "fashon"], "did you mean fashion"),
    "one step": (["tune", "RUN", "--steps", "1"], "a grid is tuned for 2 to 100 steps, not 1"),
    "too many steps": (["tune", "RUN", "--steps", "5,101"], "2 to 100 steps, not 101"),
    "steps in words": (["tune", "RUN", "--steps", "five"], "--steps takes numbers with commas"),
    "an unknown sampler": (
        ["tune", "RUN", "--sampler", "dimm"],
        "there is no sampler 'dimm'; did you mean ddim",
    ),
    "a sampler that draws noise": (["tune", "RUN", "--sampler", "ddpm"], "ddpm draws noise at each step"),
    "another one": (["tune", "RUN", "--sampler", "dpmpp-2m-sde"], "dpmpp-2m-sde draws noise"),
    "no pictures": (["tune", "RUN", "--pictures", "0"], "at least 1 picture, not 0"),
    "a grid that is not there": (["sample", "RUN", "--grid", "tuned"], "make one with `mezzotint tune`"),
}


@pytest.mark.parametrize(("words", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_one_clear_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str],
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *[str(exported) if word == "RUN" else word for word in words])
    assert (code, out) == (2, "")
    assert err.startswith("mezzotint: ") and said in err and err.count("\n") == 1
    assert not list(tmp_path.iterdir()) and not (exported / "tuned.json").exists()


def test_a_run_without_a_checkpoint_is_named(
    capsys: pytest.CaptureFixture[str], exported: Path, tmp_path: Path
) -> None:
    shutil.copy(exported / "config.json", tmp_path)
    for verb in ("tune", "likelihood"):
        code, _, err = run(capsys, verb, str(tmp_path))
        assert code == 2 and "has no checkpoint yet" in err
