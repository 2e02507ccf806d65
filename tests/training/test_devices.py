"""Several devices train as one does, BatchNorm included."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import jax
import pytest

from mezzotint.config import Config, Watch, to_json
from mezzotint.devices import local_mesh
from mezzotint.errors import UserError
from mezzotint.networks.article_unet import ArticleUNet
from mezzotint.training.prepare import plan
from mezzotint.training.sharding import check_batch, mesh_over
from mezzotint.training.start import advice

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


@pytest.fixture(scope="module")
def on_eight(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """What tests/training/on_eight.py says of each mesh."""
    folder = tmp_path_factory.mktemp("eight")
    config = Config(
        data=f"folder:{pictures}",
        image_size=(8, 8),
        steps=50,
        batch_size=8,
        network=ArticleUNet(widths=(16,), depth=1, stem=8, embedding=8),
        watch=Watch(log=1, validate=0, sample=0, checkpoint=0),
    )
    (folder / "config.json").write_text(to_json(config))
    result = subprocess.run(
        [sys.executable, "-m", "tests.training.on_eight", str(folder / "config.json"), str(folder)],
        env={**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=8"},
        capture_output=True,
        text=True,
        check=True,
    )
    said = [json.loads(line) for line in result.stdout.splitlines()]
    return {"-".join(map(str, each["mesh"])): each for each in said}


def test_every_mesh_gives_the_losses_of_one_device(on_eight: dict[str, dict]) -> None:
    one = on_eight["nothing-1-1"]["losses"]
    others = {name: mesh for name, mesh in on_eight.items() if name.startswith(("nothing", "params", "else"))}
    assert len(one) == 50 and len(others) == 7
    for name, mesh in others.items():
        assert mesh["losses"] == pytest.approx(one, rel=1e-5), name


def test_a_network_without_batch_statistics_has_the_losses_of_one_device(on_eight: dict[str, dict]) -> None:
    """With rematerialisation too; each device finds its gradients alone, if its rows can be cut in parts."""
    one = on_eight["unet-1"]
    found = {name: mesh for name, mesh in on_eight.items() if "alone" in mesh}
    together = [name for name, mesh in found.items() if not mesh["alone"]]
    assert len(one["losses"]) == 10 and together == ["unet-1", "parts-8"]
    for name, mesh in found.items():
        assert mesh["losses"] == pytest.approx(one["losses"], rel=1e-5), name
        assert mesh["norms"] == pytest.approx(one["norms"], rel=1e-5), name


def test_members_that_share_devices_have_the_losses_of_one_device(on_eight: dict[str, dict]) -> None:
    one = on_eight["members-1"]["losses"]
    assert len(one) == 10
    for devices in (2, 8):
        assert on_eight[f"members-{devices}"]["losses"] == pytest.approx(one, rel=1e-5), devices


def test_a_sharded_state_takes_a_fifth_of_the_memory_at_most(on_eight: dict[str, dict]) -> None:
    """An eighth, and the arrays that are too small; weights and moments."""
    whole, cut = on_eight["nothing-1-8"]["share"], on_eight["params-1-8"]["share"]
    print(f"a device holds {cut / whole:.3f} of what it holds under data parallel")
    assert cut < 0.2 * whole
    assert on_eight["params-2-8"]["share"] < 0.3 * whole


@pytest.mark.parametrize("mesh", ["nothing-1-2", "params-1-8"])
def test_resume_is_exact_on_every_mesh(on_eight: dict[str, dict], mesh: str) -> None:
    straight, stopped = on_eight[mesh]["digests"]
    assert straight == stopped


def test_too_little_memory_is_said_with_what_to_change(tiny: Config) -> None:
    the_plan = plan(replace(tiny, remat=True))
    assert advice(the_plan, 2**30, 2**31) is None
    said = advice(the_plan, 2**31, 2**30)
    assert said is not None and "a device has 1.00 GiB" in said
    assert "try --optimizer.accumulate 2, --batch-size 4" in said and "--shard" not in said


def test_copies_that_the_devices_do_not_hold_are_refused() -> None:
    with pytest.raises(UserError, match="1 devices cannot hold --copies 2"):
        mesh_over(jax.devices()[:1], "params", 2)


def test_a_batch_that_the_devices_do_not_divide_is_refused() -> None:
    mesh = local_mesh()
    check_batch(mesh, 8 * mesh.size)
    three = type("Mesh", (), {"size": 3})()
    with pytest.raises(UserError, match=r"--batch-size 8 cannot be shared by 3 devices.*such as 9"):
        check_batch(three, 8)
