"""Training in processes of its own: how the tests start it, and whom they signal."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from mezzotint.runs import journal
from mezzotint.runs.folder import RunFolder
from tests.training.runs import digests

TINY = {
    "image-size": 8,
    "batch-size": 8,
    "watch.log": 1,
    "watch.validate": 0,
    "watch.sample": 0,
    "watch.checkpoint": 5,
}
ARTICLE = {
    "network.kind": "article-unet",
    "network.widths": 8,
    "network.depth": 1,
    "network.stem": 8,
    "network.embedding": 8,
}
UNET = {
    "network.kind": "unet",
    "network.widths": 8,
    "network.depth": 1,
    "network.heads": 2,
    "network.embedding": 8,
}


def words(
    pictures: Path, out: Path, network: Mapping[str, object] = ARTICLE, /, **options: object
) -> list[str]:
    """`train ...` for a tiny run; options by their names, _ for - and __ for a dot."""
    given = {name.replace("__", ".").replace("_", "-"): value for name, value in options.items()}
    chosen = {"data": f"folder:{pictures}", "out": out, **TINY, **network, **given}
    return ["train", "demo", *(word for name, value in chosen.items() for word in (f"--{name}", str(value)))]


def with_devices(count: int) -> dict[str, str]:
    """What the environment of a process says that is to have so many fake devices."""
    flags = os.environ.get("XLA_FLAGS", "")
    return {"XLA_FLAGS": f"{flags} --xla_force_host_platform_device_count={count}"}


def start(words: list[str], processes: int = 1, devices: int = 1) -> subprocess.Popen:
    """The command, on some processes with some fake devices each; Ctrl-C in its terminal is `os.killpg`."""
    launch = ["launch", "-n", str(processes), "--"] if processes > 1 else []
    return subprocess.Popen(
        [sys.executable, "-m", "mezzotint", *launch, *words],
        env=os.environ | with_devices(devices),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )


def finish(process: subprocess.Popen, code: int = 0, seconds: float = 120) -> str:
    """What it said, once it has ended with that code; it has so much time for that."""
    said, _ = process.communicate(timeout=seconds)
    assert process.returncode == code, said
    return said


def reached(out: Path) -> int:
    """The last step in a run's journal, 0 before there is one."""
    steps = [entry["step"] for entry in journal.read(RunFolder(out).journal) if entry["kind"] == "train"]
    return max(steps, default=0)


def wait_for(process: subprocess.Popen, out: Path, step: int) -> None:
    """Until a run has reached a step."""
    until = time.monotonic() + 120
    while reached(out) < step:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until, f"step {step} was not reached in two minutes"
        time.sleep(0.02)


def workers(launched: subprocess.Popen) -> list[int]:
    """The processes that a launcher has started, process 0 first."""
    children = Path(f"/proc/{launched.pid}/task/{launched.pid}/children").read_text().split()
    return sorted(map(int, children))


def bytes_of(out: Path) -> tuple[int, dict[str, str]]:
    """The newest checkpoint's step, and a digest of its trees."""
    return digests(RunFolder(out).read_config(), out)
