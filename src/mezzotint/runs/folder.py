"""The layout of a run folder.

    config.json         the whole configuration
    journal.jsonl       one JSON object a line: what happened, with steps and figures
    checkpoints/STEP/   training state and averaged weights
    damaged/STEP/       checkpoints that could not be read
    samples/            a grid of pictures at several steps
    tensorboard/        the same figures for TensorBoard
    tuned.json          sampling times that were fitted to the model
    lock                locked by the process that trains, if any does
    model.safetensors   the averaged weights, once they have left the run

A folder with config.json and model.safetensors alone is a model, too.
"""

from dataclasses import dataclass
from pathlib import Path

from mezzotint.config import Config, from_json, to_json
from mezzotint.errors import UserError
from mezzotint.files import write_whole


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run."""

    path: Path

    @property
    def config(self) -> Path:
        """config.json."""
        return self.path / "config.json"

    @property
    def journal(self) -> Path:
        """journal.jsonl."""
        return self.path / "journal.jsonl"

    @property
    def checkpoints(self) -> Path:
        """The checkpoints' folder."""
        return self.path / "checkpoints"

    @property
    def damaged(self) -> Path:
        """Where unreadable checkpoints are moved to."""
        return self.path / "damaged"

    @property
    def samples(self) -> Path:
        """The grids' folder."""
        return self.path / "samples"

    @property
    def tensorboard(self) -> Path:
        """TensorBoard's folder."""
        return self.path / "tensorboard"

    @property
    def tuned(self) -> Path:
        """tuned.json."""
        return self.path / "tuned.json"

    @property
    def weights(self) -> Path:
        """model.safetensors."""
        return self.path / "model.safetensors"

    @property
    def lock(self) -> Path:
        """The file that the training process locks."""
        return self.path / "lock"

    def grid(self, step: int) -> Path:
        """The grid of pictures made at a step."""
        return self.samples / f"step_{step:07d}.png"

    def read_config(self) -> Config:
        """The run's configuration; a `UserError` where this is no run."""
        try:
            text = self.config.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(
                f"{self.path} is not a run: it holds no config.json; "
                "give the folder that `mezzotint train ... --out DIR` wrote"
            ) from None
        except (UnicodeDecodeError, IsADirectoryError) as error:
            raise UserError(f"{self.config} is not a configuration: {error}") from None
        try:
            return from_json(text)
        except UserError as error:
            raise UserError(f"{self.config}: {error}") from None

    def write_config(self, config: Config) -> None:
        """Writes config.json whole or not at all."""
        write_whole(self.config, to_json(config))
