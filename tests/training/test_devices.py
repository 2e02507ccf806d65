"""Two devices train as one does, BatchNorm included."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from mezzotint.config import Config, to_json
from mezzotint.devices import local_mesh
from mezzotint.errors import UserError
from mezzotint.training.sharding import check_batch

CODE = """
import json, sys
from mezzotint.config import from_json
from mezzotint.runs import journal
import mezzotint, jax
out = mezzotint.train(from_json(open(sys.argv[1]).read()), sys.argv[2])
losses = [entry["loss"] for entry in journal.read(out / "journal.jsonl") if entry["kind"] == "train"]
print(json.dumps({"devices": jax.device_count(), "losses": losses}))
"""


def losses(config: Config, folder: Path, devices: int) -> dict:
    """The losses of each step, trained in a process with so many fake devices."""
    folder.mkdir()
    (folder / "config.json").write_text(to_json(config))
    flags = f"--xla_force_host_platform_device_count={devices}"
    result = subprocess.run(
        [sys.executable, "-c", CODE, str(folder / "config.json"), str(folder / "run")],
        env={**os.environ, "XLA_FLAGS": flags},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)


def test_two_devices_give_the_losses_of_one(tiny_plain: Config, tiny_classes: Config, tmp_path: Path) -> None:
    """With labels, some of them withheld."""
    config = replace(tiny_classes, watch=tiny_plain.watch, steps=10)
    resident = replace(config, loader="device")
    runs = [("one", config, 1), ("two", config, 2), ("resident", resident, 2)]
    with ThreadPoolExecutor(2) as pool:
        one, two, both = pool.map(lambda run: losses(run[1], tmp_path / run[0], run[2]), runs)
    assert (one["devices"], two["devices"], both["devices"]) == (1, 2, 2)
    assert len(one["losses"]) == 10
    assert two["losses"] == pytest.approx(one["losses"], rel=1e-5)
    assert both["losses"] == pytest.approx(one["losses"], rel=1e-5)


def test_a_batch_that_the_devices_do_not_divide_is_refused() -> None:
    mesh = local_mesh()
    check_batch(mesh, 8 * mesh.size)
    three = type("Mesh", (), {"size": 3})()
    with pytest.raises(UserError, match=r"--batch-size 8 cannot be shared by 3 devices.*such as 9"):
        check_batch(three, 8)
