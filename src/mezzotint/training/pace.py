"""How fast a run is, from one moment to another."""

import time


class Pace:
    """Steps and the time they take, from a moment on; pauses do not count."""

    def __init__(self, step: int) -> None:
        """Starts at a step, now."""
        self.step, self.since = step, time.monotonic()

    def pause(self, seconds: float) -> None:
        """Leaves out some time."""
        self.since += seconds

    def seconds(self) -> float:
        """That have passed; never none."""
        return max(time.monotonic() - self.since, 1e-9)

    def images_per_second(self, step: int, batch: int) -> float:
        """Of the steps up to one."""
        return batch * (step - self.step) / self.seconds()
