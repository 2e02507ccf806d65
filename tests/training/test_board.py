"""TensorBoard's files can be read back, and a full disk does not hold the training up."""

from pathlib import Path

import numpy as np
import pytest
from tensorboardX.proto.event_pb2 import Event

from mezzotint.training.board import Board


def events(folder: Path) -> list[Event]:
    """The events of the one file in a folder: length, checksum, body, checksum."""
    (path,) = folder.iterdir()
    data, found = path.read_bytes(), []
    while data:
        length = int.from_bytes(data[:8], "little")
        found.append(Event.FromString(data[12 : 12 + length]))
        data = data[16 + length :]
    return found


def test_scalars_and_pictures_arrive_at_once(tmp_path: Path) -> None:
    board = Board(tmp_path / "board", start=10)
    assert not (tmp_path / "board").exists()
    board.scalar("train/loss", 0.5, 20)
    board.image("samples", np.zeros((4, 6, 3), np.uint8), 20)
    board.close()
    found = [event for event in events(tmp_path / "board") if event.step]
    assert [event.step for event in found] == [11, 20, 20]
    assert found[1].summary.value[0].simple_value == pytest.approx(0.5)
    assert (found[2].summary.value[0].image.width, found[2].summary.value[0].image.height) == (6, 4)


def test_a_full_disk_is_an_error_of_the_call() -> None:
    board = Board(Path("/dev/null/board"), start=0)
    with pytest.raises(OSError):
        board.scalar("train/loss", 0.5, 1)
