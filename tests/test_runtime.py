"""What is set before JAX starts, in processes of their own; and training under it, as users have it."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from mezzotint import runtime
from mezzotint.config import Config, to_json
from mezzotint.runtime import CPU_FLAGS
from mezzotint.training import loop
from tests.training.runs import digests, train

FROM_TESTS = ("XLA_FLAGS", "JAX_DISABLE_MOST_OPTIMIZATIONS", "JAX_COMPILATION_CACHE_DIR")
PREPARED = """
import json, os
from mezzotint import runtime
runtime.prepare()
import jax
print(json.dumps([os.environ.get("XLA_FLAGS"), jax.config.jax_compilation_cache_dir]))
"""
TRAINED = """
import sys
from dataclasses import replace
import mezzotint
from mezzotint.config import from_json
config = from_json(sys.stdin.read())
for out, steps in (("straight", 6), ("longer", 3), ("longer", 6)):
    mezzotint.train(replace(config, steps=steps), out)
"""


def run(code: str, home: Path, given: str = "", **settings: str) -> str:
    """What a program prints whose user has set nothing but this."""
    environment = {name: value for name, value in os.environ.items() if name not in FROM_TESTS}
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | {"XDG_CACHE_HOME": str(home / "cache"), "HOME": str(home)} | settings,
        cwd=home,
        input=given,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout


def test_the_flags_and_the_private_cache(tmp_path: Path) -> None:
    flags, cache = json.loads(run(PREPARED, tmp_path))
    assert flags == CPU_FLAGS.get(".".join(version("jaxlib").split(".")[:2]))
    assert Path(cache).is_relative_to(tmp_path)
    assert Path(cache).stat().st_mode & 0o777 == 0o700


def test_what_a_user_has_set_stays(tmp_path: Path) -> None:
    mine = {"XLA_FLAGS": "--xla_cpu_enable_fast_math=false", "JAX_COMPILATION_CACHE_DIR": str(tmp_path)}
    assert json.loads(run(PREPARED, tmp_path, **mine)) == list(mine.values())


def test_a_cache_that_cannot_be_kept_costs_time_alone(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    assert json.loads(run(PREPARED, tmp_path))[1] is None


def test_a_longer_run_goes_on_with_the_same_bytes(tiny_plain: Config, tmp_path: Path) -> None:
    run(TRAINED, tmp_path, to_json(tiny_plain))
    assert digests(tiny_plain, tmp_path / "longer") == digests(tiny_plain, tmp_path / "straight")


def test_small_steps_keep_their_memory_and_large_ones_give_it_back(
    tiny_plain: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    monkeypatch.setattr(runtime, "keep_memory", lambda: kept.append("kept"))
    train(replace(tiny_plain, steps=1), tmp_path / "small")
    assert kept == ["kept"]
    monkeypatch.setattr(loop, "KEPT", 0)
    train(replace(tiny_plain, steps=1), tmp_path / "large")
    assert kept == ["kept"]
