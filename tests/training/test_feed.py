"""Pictures streamed by the host and pictures resident on the devices: the same run."""

import json
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import mezzotint
from mezzotint.config import Config, Watch
from mezzotint.data.source import DataSource, Splits
from mezzotint.errors import UserError
from mezzotint.runs import journal
from mezzotint.training.feed import Resident, Streamed, _has_room, feed, gathered
from mezzotint.training.prepare import Plan, plan
from tests.training.runs import digests, figures, train

QUIET = Watch(log=5, validate=0, sample=0, checkpoint=0)


def losses(out: Path) -> list[float]:
    return [entry["loss"] for entry in journal.read(out / "journal.jsonl") if entry["kind"] == "train"]


def test_both_feeds_train_to_the_same_losses(tiny: Config, tmp_path: Path) -> None:
    config = replace(tiny, steps=20, watch=QUIET)
    assert "in memory" in train(config, tmp_path / "host")
    assert "on the device" in train(replace(config, loader="device"), tmp_path / "device")
    host, device = losses(tmp_path / "host"), losses(tmp_path / "device")
    assert len(host) == 4
    assert device == pytest.approx(host, rel=1e-5)


def test_a_resident_run_resumes_to_the_byte(tiny: Config, tmp_path: Path) -> None:
    config = replace(tiny, loader="device", watch=QUIET)
    train(replace(config, steps=40), tmp_path / "straight")
    for steps in (3, 22, 40):
        train(replace(config, steps=steps), tmp_path / "stopped")
    assert digests(config, tmp_path / "stopped") == digests(config, tmp_path / "straight")
    straight, stopped = (
        [line for line in figures(tmp_path / name) if json.loads(line)["kind"] == "train"]
        for name in ("straight", "stopped")
    )
    assert stopped == straight and len(straight) == 8


def test_a_run_may_go_on_with_the_other_feed(tiny: Config, tmp_path: Path) -> None:
    config = replace(tiny, watch=QUIET)
    train(replace(config, steps=5), tmp_path / "run")
    said = train(replace(config, steps=10, loader="device"), tmp_path / "run")
    assert "going on from checkpoint 5" in said


def test_the_device_gathers_what_the_host_would(tiny: Config) -> None:
    the_plan = plan(replace(tiny, watch=QUIET))
    streamed, resident = Streamed(the_plan), Resident(the_plan)
    streamed.begin(7, seed=0)
    resident.begin(7, seed=0)
    count, (pictures, all_labels, positions, mirrored, _) = resident.inputs(7, limit=3)
    assert count == 3
    for step in range(count):
        _, (images, labels) = streamed.inputs(7 + step, limit=1)
        np.testing.assert_array_equal(gathered(pictures, positions[step], mirrored[step]), images)
        np.testing.assert_array_equal(all_labels[positions[step]], labels)
    streamed.close()
    assert np.asarray(mirrored[:count]).any() and not np.asarray(mirrored[:count]).all()


def test_a_processor_keeps_its_pictures_where_they_are(tiny: Config) -> None:
    assert isinstance(feed(plan(tiny)), Streamed)


def test_a_device_cannot_hold_pictures_of_many_extents(tiny: Config) -> None:
    with pytest.raises(UserError, match="--loader device needs pictures that fit into memory"):
        feed(plan(replace(tiny, crop="random", loader="device")))


class Slow:
    """Pictures that take their time."""

    def __init__(self, source: DataSource) -> None:
        """Of these."""
        self._source = source

    def __len__(self) -> int:
        """Their number."""
        return len(self._source)

    def __getitem__(self, index: int) -> dict:
        """One, later."""
        time.sleep(0.02)
        return self._source[index]


def test_waiting_on_data_is_measured(tiny: Config) -> None:
    opened = plan(tiny)
    slow = Splits(**{**vars(opened.data), "train": Slow(opened.data.train)})
    for data, expected in ((opened.data, False), (slow, True)):
        streamed = Streamed(Plan(opened.config, data, opened.mesh))
        streamed.begin(0, seed=0)
        for step in range(12):
            streamed.inputs(step, limit=1)
        streamed.close()
        assert (streamed.waited > 0.3) == expected


def test_training_from_a_python_object(tiny: Config, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    items = [(random.integers(0, 256, (8, 8, 3), np.uint8), index % 3) for index in range(40)]
    out = mezzotint.train(replace(tiny, steps=20, watch=QUIET), tmp_path / "run", data=items)
    assert len(losses(out)) == 4
    assert mezzotint.load(out).config.data == "object"


def device(limit: int | None) -> SimpleNamespace:
    """A GPU of so many bytes; None for one of another process, of which the runtime says nothing."""

    def memory_stats() -> dict[str, int]:
        assert limit is not None, "MemoryStats is only supported for addressable PjRt devices."
        return {"bytes_limit": limit}

    return SimpleNamespace(platform="gpu", memory_stats=memory_stats)


@pytest.mark.parametrize(("limit", "room"), [(2**30, True), (2**10, False)])
def test_a_process_asks_its_own_devices_for_room(tiny: Config, limit: int, room: bool) -> None:
    opened, mine, others = plan(tiny), device(limit), device(None)
    mesh = SimpleNamespace(devices=np.array([[others, mine]]), local_devices=[mine])
    assert _has_room(Plan(opened.config, opened.data, mesh)) == room  # type: ignore[arg-type]


@pytest.mark.parametrize("crop", ["centre", "random"])
def test_where_one_process_lacks_the_room_all_stream(
    tiny: Config, monkeypatch: pytest.MonkeyPatch, crop: str
) -> None:
    """Each process is asked, whatever it has found itself: one that is not would have the others wait."""
    lacks: list[bool] = []

    def elsewhere(here: bool) -> bool:
        lacks.append(here)
        return True

    monkeypatch.setattr("mezzotint.training.feed._has_room", lambda _: True)
    assert isinstance(feed(plan(tiny)), Resident)
    monkeypatch.setattr("mezzotint.training.feed.anywhere", elsewhere)
    assert isinstance(feed(plan(replace(tiny, crop=crop))), Streamed)
    assert lacks == [crop == "random"]
