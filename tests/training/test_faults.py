"""What goes wrong while training is said in a line, and nothing good is lost."""

import errno
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from mezzotint import pictures as sheets
from mezzotint.config import Config, to_json
from mezzotint.data.pipeline import draws
from mezzotint.data.source import DataSource
from mezzotint.errors import UserError
from mezzotint.model import load
from mezzotint.runs import checkpoint, journal
from mezzotint.runs.folder import RunFolder
from mezzotint.runs.seal import SEAL
from mezzotint.training import step
from mezzotint.training.interrupt import Interrupt
from mezzotint.training.prepare import plan
from mezzotint.training.rollback import data_seed
from tests.faults.soak import DAMAGES, truncate
from tests.training.runs import digests, figures, train


def newest_files(run: Path, step: int) -> list[Path]:
    """The data files of a checkpoint, the largest first."""
    files = [path for path in (run / "checkpoints" / str(step)).rglob("*") if path.is_file()]
    return sorted(files, key=lambda path: path.stat().st_size, reverse=True)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda f: f.__name__)
def test_a_damaged_checkpoint_is_set_aside_and_the_one_before_used(
    tiny: Config, tmp_path: Path, damage: object
) -> None:
    run = tmp_path / "run"
    train(tiny, run)
    before = digests(tiny, run), figures(run)
    assert checkpoint.steps(run / "checkpoints") == [8, 4]
    damage(newest_files(run, 8)[0])  # type: ignore[operator]
    said = train(tiny, run)
    assert "checkpoint 8 is damaged" in said and "going on from checkpoint 4" in said
    assert (run / "damaged" / "8").is_dir()
    assert (digests(tiny, run), figures(run)) == before


def left(run: Path) -> dict[Path, bytes]:
    """The files of a run, but for those that every start writes."""
    files = [path for path in run.rglob("*") if path.is_file() and "tensorboard" not in path.parts]
    return {path: path.read_bytes() for path in files if path.name != "lock"}


def test_where_every_checkpoint_is_damaged_the_run_stays_as_it_is(tiny: Config, tmp_path: Path) -> None:
    """A job that is queued again must not begin anew by itself; who deletes the checkpoints asks for it."""
    run = tmp_path / "run"
    train(tiny, run)
    for saved in (8, 4):
        truncate(newest_files(run, saved)[0])
    before = left(run)
    for _ in range(2):
        with pytest.raises(UserError, match=r"every checkpoint in .* is damaged: 8 \(.*\), 4 .*begin anew"):
            train(tiny, run)
        assert left(run) == before
    shutil.rmtree(run / "checkpoints")
    assert "going on" not in train(tiny, run) and checkpoint.steps(run / "checkpoints") == [8, 4]


def test_a_first_checkpoint_that_was_not_finished_is_no_loss(tiny: Config, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(tiny, run, stop_at=4)
    (run / "checkpoints" / "4" / SEAL).unlink()
    said = train(tiny, run)
    assert "checkpoint 4 is damaged (it was not finished)" in said and "trained to step 8" in said


def test_a_checkpoint_of_another_network_is_refused_and_stays(tiny: Config, tmp_path: Path) -> None:
    """As where config.json was edited: it is no damage, and nothing is set aside."""
    run = tmp_path / "run"
    train(tiny, run)
    other = replace(tiny, network=replace(tiny.network, depth=2))
    RunFolder(run).write_config(plan(other).config)
    for use in (lambda: train(other, run), lambda: load(run)):
        with pytest.raises(UserError, match=r"checkpoint 8 of .* is of another network.* is missing there"):
            use()
    assert checkpoint.steps(run / "checkpoints") == [8, 4]


def test_a_full_disk_while_saving_does_not_stop_the_training(
    tiny: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    train(tiny, run, stop_at=4)
    save = checkpoint.save

    def full(folder: Path, step: int, *rest: object) -> None:
        if step == 8:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(folder, step, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(checkpoint, "save", full)
    said = train(replace(tiny, steps=10), run)
    assert "warning: checkpoint 8 could not be saved (No space left on device)" in said
    assert "checkpoint 4 stays; training goes on" in said
    assert checkpoint.steps(run / "checkpoints") == [10, 4]


def test_a_full_disk_at_the_end_names_the_last_good_checkpoint(
    tiny: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(tiny, tmp_path / "run", stop_at=4)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "save", full)
    with pytest.raises(UserError, match="checkpoint 8 could not be saved.*checkpoint 4 stays"):
        train(tiny, tmp_path / "run")
    assert checkpoint.steps(tmp_path / "run" / "checkpoints") == [4]


def test_a_full_disk_costs_the_journal_and_the_grids_but_not_the_run(
    tiny: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(journal, "append", full)
    monkeypatch.setattr(sheets, "save_png", full)
    said = train(replace(tiny, watch=replace(tiny.watch, sample=4)), tmp_path / "run")
    assert said.count("cannot write journal.jsonl: No space left on device") == 1
    assert said.count("cannot write samples: No space left on device") == 1
    assert "trained to step 8" in said


def test_a_journal_that_cannot_be_wound_back_does_not_stop_the_training(
    tiny: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(journal, "rewind", read_only)
    said = train(tiny, tmp_path / "run")
    assert "warning: journal.jsonl keeps what came after step 0 (Read-only file system)" in said
    assert "trained to step 8" in said


@pytest.fixture
def planted(tiny: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A set with one black picture, which is not a number wherever it comes up in training."""
    folder = tmp_path / "planted"
    shutil.copytree(tiny.data.removeprefix("folder:"), folder)
    Image.new("RGB", (12, 12)).save(folder / "black.png")

    def from_bytes(images: jax.Array) -> jax.Array:
        black = (images == 0).all((1, 2, 3), keepdims=True)
        return jnp.where(black, jnp.nan, images / 255)

    monkeypatch.setattr(step.pixels, "from_bytes", from_bytes)
    return replace(tiny, data=f"folder:{folder}", watch=replace(tiny.watch, log=1, validate=0))


def kinds(run: Path, kind: str) -> list[dict]:
    return [entry for entry in journal.read(run / "journal.jsonl") if entry["kind"] == kind]


@pytest.mark.parametrize("loader", ["host", "device"])
def test_a_step_that_is_not_finite_is_skipped_and_counted(
    planted: Config, tmp_path: Path, loader: str
) -> None:
    said = train(replace(planted, steps=14, loader=loader), tmp_path / "run")
    skips = [entry for entry in kinds(tmp_path / "run", "train") if "skipped" in entry]
    assert 1 <= len(skips) <= 3  # once an epoch of 56 pictures
    assert all(entry["skipped"] == 1 and "loss" not in entry for entry in skips)
    assert "trained to step 14" in said and not kinds(tmp_path / "run", "rollback")
    assert np.isfinite(load(tmp_path / "run").sample(2)).all()


def hits(train: DataSource, seed: int) -> list[int]:
    """The steps at which the black picture comes up in the order of a seed."""
    black = int(np.argmax([(train[i]["image"] == 0).all() for i in range(len(train))]))
    found = draws(len(train), 8, seed=seed)
    return [batch + 1 for batch in range(8) if black in found[batch].positions]  # type: ignore[union-attr]


def test_a_row_of_them_goes_back_with_other_pictures_and_resumes_to_the_byte(
    planted: Config, tmp_path: Path
) -> None:
    """After checkpoint 4 it comes up once in the run's own order, and not at all in the next."""
    pictures = plan(planted).data.train
    seed = next(
        seed
        for seed in range(100)
        if min(hits(pictures, seed)) in (5, 6, 7) and max(hits(pictures, data_seed(seed, 1))) <= 4
    )
    once = replace(planted, seed=seed, optimizer=replace(planted.optimizer, skips=1))
    said = train(once, tmp_path / "straight")
    (back,) = kinds(tmp_path / "straight", "rollback")
    assert "warning: 1 steps in a row" in said and "trained to step 8" in said
    assert back["data_seed"] == data_seed(seed, 1) != seed
    for stop in (min(hits(pictures, seed)), 6):
        train(once, tmp_path / "stopped", stop_at=stop)
    train(once, tmp_path / "stopped")
    assert digests(once, tmp_path / "stopped") == digests(once, tmp_path / "straight")
    assert len(kinds(tmp_path / "stopped", "rollback")) == 1


def test_after_three_returns_training_stops_with_the_diagnosis(planted: Config, tmp_path: Path) -> None:
    stuck = replace(planted, steps=60, optimizer=replace(planted.optimizer, skips=1))
    stuck = replace(stuck, watch=replace(stuck.watch, checkpoint=4))
    with pytest.raises(UserError, match=r"after 3 returns.*checkpoint \d+ is good.*--optimizer") as error:
        train(stuck, tmp_path / "run")
    assert "\n" not in str(error.value)
    (last,) = kinds(tmp_path / "run", "rollback")
    assert last["rollbacks"] == 3


def test_an_unreadable_run_says_which_checkpoint_and_why(tiny: Config, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(tiny, run)
    truncate(newest_files(run, 8)[0])
    with pytest.warns(UserWarning, match="checkpoint 8 .* is damaged"):
        assert load(run).sample(2).shape == (2, 8, 8, 3)
    truncate(newest_files(run, 4)[0])
    with (
        pytest.warns(UserWarning, match="is damaged"),
        pytest.raises(UserError, match="no checkpoint in .* can be read"),
    ):
        load(run)


def started(config: Config, out: Path) -> subprocess.Popen:
    """A training process of its own, well under way."""
    out.mkdir()
    (out.parent / "config.json").write_text(to_json(config))
    code = (
        "import sys, mezzotint\nfrom mezzotint.config import from_json\n"
        "from mezzotint.cli import main\n"
        "main.VERBS['go'] = ''\n"
        "import types; verb = types.ModuleType('go')\n"
        "verb.main = lambda _: mezzotint.train(from_json(open(sys.argv[1]).read()), sys.argv[2])\n"
        "sys.modules['mezzotint.cli.go'] = verb\n"
        "main.main(['go'])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(out.parent / "config.json"), str(out)],
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = out / "journal.jsonl"
    for _ in range(600):
        if lines.exists() and lines.read_text().count('"train"') > 3:
            return process
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError("the training did not start within a minute")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_signal_saves_and_exits_0_and_the_same_command_goes_on(
    tiny: Config, tmp_path: Path, number: signal.Signals
) -> None:
    config = replace(tiny, steps=10**6, watch=replace(tiny.watch, checkpoint=0, validate=0))
    process = started(config, tmp_path / "run")
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "saved; repeat the command to go on" in said and "Traceback" not in said
    (step,) = checkpoint.steps(tmp_path / "run" / "checkpoints")
    assert f"stopped at step {step}" in said
    assert f"going on from checkpoint {step}" in train(config, tmp_path / "run", stop_at=step + 1)


def test_a_second_ctrl_c_stops_at_once(tiny: Config, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupt() as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
