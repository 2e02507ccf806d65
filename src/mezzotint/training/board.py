"""Figures and pictures for TensorBoard, written where they arise.

tensorboardX's own `SummaryWriter` writes from a thread, which a full disk ends; training would then wait for
it for ever. Here each event is written at once, and a full disk is an `OSError` to the caller.
"""

import time
from pathlib import Path
from typing import Any

from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto import event_pb2
from tensorboardX.summary import image, scalar

from mezzotint.pictures import Pixels

proto: Any = event_pb2  # its classes are made when it is imported, out of sight of type checkers


class Board:
    """The event file of one start of a run, made with its first event."""

    def __init__(self, folder: Path, start: int) -> None:
        """Nothing is written yet.

        Args:
            folder: where TensorBoard will look.
            start: steps done already; TensorBoard drops what an earlier start wrote after it.
        """
        self._folder, self._start = folder, start
        self._events: EventsWriter | None = None

    def scalar(self, name: str, value: float, step: int) -> None:
        """One point of a curve; raises `OSError` where the disk does not take it."""
        self._write(step, summary=scalar(name, value))

    def image(self, name: str, picture: Pixels, step: int) -> None:
        """One picture; raises `OSError` where the disk does not take it."""
        self._write(step, summary=image(name, picture, dataformats="HWC"))

    def close(self) -> None:
        """Ends the file; raises `OSError` where the disk does not take it."""
        if self._events is not None:
            self._events.close()

    def _write(self, step: int, summary: Any) -> None:
        if self._events is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._events = EventsWriter(str(self._folder / "events"))
            begun = proto.SessionLog(status=proto.SessionLog.START)
            self._add(self._events, step=self._start + 1, session_log=begun)
        self._add(self._events, step=step, summary=summary)
        self._events.flush()

    def _add(self, events: EventsWriter, **content: Any) -> None:
        events.write_event(proto.Event(wall_time=time.time(), **content))
