"""Checkpoints: what is kept, what is refused, and what a full disk leaves."""

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from mezzotint import files
from mezzotint.errors import UserError
from mezzotint.runs import checkpoint
from mezzotint.runs.checkpoint import Policy

TREE = {"ema": {"weight": jnp.arange(12.0).reshape(3, 4)}}


def abstract(tree: dict) -> dict:
    """What is asked for where a tree is read."""
    return jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=a.sharding), tree)


ABSTRACT = abstract(TREE)


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        (Policy(latest=2, every=0, best=0), {4, 5}),
        (Policy(latest=1, every=2, best=0), {2, 4, 5}),
        (Policy(latest=1, every=0, best=2), {2, 3, 5}),
        (Policy(latest=0, every=0, best=0), {5}),
    ],
)
def test_the_policy_keeps_the_newest_the_multiples_and_the_best(policy: Policy, kept: set[int]) -> None:
    assert policy.kept({1: 3.0, 2: 1.0, 3: 2.0, 4: 2.5, 5: None}) == kept


def test_what_is_saved_is_read_with_what_training_remembers(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, 7, TREE, {"window": {"loss": [0.1]}}, None)
    found = checkpoint.read(tmp_path, 7, ABSTRACT)
    np.testing.assert_array_equal(found.trees["ema"]["weight"], TREE["ema"]["weight"])
    assert (found.step, found.extra) == (7, {"window": {"loss": [0.1]}})


def test_pruning_keeps_the_best_loss_that_was_sealed(tmp_path: Path) -> None:
    for step, loss in ((1, 3.0), (2, 1.0), (3, None)):
        checkpoint.save(tmp_path, step, TREE, {}, loss)
    checkpoint.prune(tmp_path, Policy(latest=1, every=0, best=1))
    assert checkpoint.steps(tmp_path) == [3, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2", "3"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda files: files[-1].write_bytes(b"x"), "has changed"),
        (lambda files: files[-1].unlink(), "is missing"),
        (lambda files: (files[0].parent / "more").touch(), "has changed"),
        (lambda files: files[0].parent.joinpath("seal.json").unlink(), "was not finished"),
        (lambda files: files[0].parent.joinpath("seal.json").write_text("{"), ""),
        (lambda files: files[0].parent.joinpath("seal.json").write_text("[]"), "its seal is damaged"),
    ],
    ids=["changed", "missing", "added", "no seal", "a broken seal", "no seal within"],
)
def test_every_change_to_a_file_is_found(tmp_path: Path, change: object, said: str) -> None:
    checkpoint.save(tmp_path, 1, TREE, {}, None)
    checkpoint.save(tmp_path, 2, TREE, {}, None)
    change(sorted((tmp_path / "2").glob("_*")) + sorted((tmp_path / "2").rglob("d/*")))  # type: ignore[operator]
    found, (damage,) = checkpoint.newest(tmp_path, ABSTRACT)
    assert found is not None and found.step == 1
    assert damage.step == 2 and said in damage.reason


def test_a_seal_without_its_score_does_not_stop_the_pruning(tmp_path: Path) -> None:
    for step, loss in ((1, 3.0), (2, 1.0), (3, None)):
        checkpoint.save(tmp_path, step, TREE, {}, loss)
    seal = tmp_path / "2" / "seal.json"
    seal.write_text(seal.read_text().replace("validation_loss", "validation_lass"))
    checkpoint.prune(tmp_path, Policy(latest=1, every=0, best=1))
    assert checkpoint.steps(tmp_path) == [3, 1]


def test_what_an_interrupted_save_leaves_does_not_count_and_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "9.orbax-checkpoint-tmp").mkdir()
    assert checkpoint.steps(tmp_path) == []
    checkpoint.clear_unfinished(tmp_path)
    assert list(tmp_path.iterdir()) == []


FULL = """
import sys, resource, signal
from pathlib import Path
import jax.numpy as jnp
from mezzotint.runs import checkpoint
folder = Path(sys.argv[1])
tree = {"ema": {"weight": jnp.asarray(__import__("numpy").random.default_rng(0).random(200_000, "float32"))}}
checkpoint.save(folder, 1, tree, {}, None)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # larger files fail, as on a full disk
try:
    checkpoint.save(folder, 2, tree, {}, None)
except OSError as error:
    print("OSError:", error)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limit on the size of files here")
def test_a_disk_that_does_not_take_a_checkpoint_leaves_nothing_of_it(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert result.stdout.startswith("OSError: ") and result.stdout.count("\n") == 1
    assert result.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_a_disk_that_is_too_full_is_found_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 100})()
    monkeypatch.setattr(checkpoint.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OSError, match="No space left on device: it takes 0.3 MiB and 0.0 MiB are free"):
        checkpoint.save(tmp_path, 1, TREE, {}, None)
    assert list(tmp_path.iterdir()) == []


def refused(number: int) -> Callable:
    """What ends with an error of the system."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A folder with checkpoints 1 and 2."""
    checkpoint.save(tmp_path, 1, TREE, {}, None)
    checkpoint.save(tmp_path, 2, TREE, {}, None)
    return tmp_path


def test_what_is_whole_and_cannot_be_read_is_no_damage(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint.ocp, "load_checkpointables", refused(errno.EMFILE))
    with pytest.raises(UserError, match="checkpoint 2 of .* is whole and cannot be read: .*Too many open"):
        checkpoint.newest(two, ABSTRACT)


def test_another_version_is_no_damage(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "VERSION", 2)
    with pytest.raises(UserError, match="cannot be read: its format has version 1, not 2"):
        checkpoint.newest(two, ABSTRACT)


def test_a_file_that_may_not_be_opened_is_no_damage_and_one_that_the_disk_has_lost_is(
    two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "verify", refused(errno.EACCES))
    with pytest.raises(PermissionError):
        checkpoint.newest(two, ABSTRACT)
    monkeypatch.setattr(checkpoint, "verify", refused(errno.EIO))
    found, damaged = checkpoint.newest(two, ABSTRACT)
    assert found is None and [(each.step, each.finished) for each in damaged] == [(2, True), (1, True)]


def trees(optimizer: optax.GradientTransformation) -> dict:
    """The two trees of a checkpoint, in an optimizer's hands."""
    return {"state": {"opt_state": optimizer.init(TREE["ema"])}, **TREE}


def test_another_optimizer_is_no_damage(tmp_path: Path) -> None:
    adam, clipped = trees(optax.adamw(0.1)), trees(optax.chain(optax.clip(1.0), optax.adamw(0.1)))
    checkpoint.save(tmp_path, 1, adam, {}, None)
    assert checkpoint.read(tmp_path, 1, abstract(adam)).step == 1
    said = r"checkpoint 1 of .* is of another optimizer.*: opt_state/.* is .*missing"
    with pytest.raises(UserError, match=said):
        checkpoint.newest(tmp_path, abstract(clipped))


def test_a_folder_that_takes_no_file_is_found_before_orbax_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []
    monkeypatch.setattr(checkpoint.ocp, "save_checkpointables", lambda *_, **__: begun.append(1))
    monkeypatch.setattr(files.os, "fsync", refused(errno.EDQUOT))
    with pytest.raises(OSError, match="quota") as error:
        checkpoint.save(tmp_path, 1, TREE, {}, None)
    assert error.value.errno == errno.EDQUOT and not begun and list(tmp_path.iterdir()) == []


def test_all_of_a_checkpoint_is_flushed_before_it_is_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[Path] = []
    monkeypatch.setattr(checkpoint, "flush", flushed.append)
    monkeypatch.setattr(checkpoint, "seal", lambda place, _: flushed.append(place / "seal.json"))
    checkpoint.save(tmp_path, 1, TREE, {}, None)
    place = tmp_path / "1"
    assert flushed[-1] == place / "seal.json" and {*place.rglob("*"), place, tmp_path} <= {*flushed}
