"""Animations: each format read back, and what is refused."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mezzotint import animation
from mezzotint.errors import UserError

STEPS = np.linspace(0, 255, 6).astype(np.uint8)
GREY = STEPS[:, None, None, None] * np.ones((6, 5, 7, 1), np.uint8)
COLOUR = np.stack([GREY[..., 0], 255 - GREY[..., 0], np.full((6, 5, 7), 128, np.uint8)], -1)
both = pytest.mark.parametrize("frames", [GREY, COLOUR], ids=["grey", "colour"])


@both
def test_a_gif_repeats_its_frames_and_holds_the_last(frames: np.ndarray, tmp_path: Path) -> None:
    animation.save(frames, tmp_path / "a.gif", scale=2)
    with Image.open(tmp_path / "a.gif") as film:
        assert (film.n_frames, film.size, film.info["loop"]) == (6, (14, 10), 0)  # type: ignore[attr-defined]
        for index, frame in enumerate(frames):
            film.seek(index)
            shown = np.asarray(film.convert("RGB"), int)
            expected = frame.repeat(2, 0).repeat(2, 1)
            assert np.abs(shown - expected).max() <= 3, index  # colours are those of a palette
            assert film.info["duration"] == (1500 if index == 5 else 80)


@both
def test_an_mp4_is_a_film_with_even_sides(frames: np.ndarray, tmp_path: Path) -> None:
    animation.save(frames, tmp_path / "a.mp4", scale=8)
    command = [animation.ffmpeg(), "-loglevel", "error", "-i", str(tmp_path / "a.mp4"), "-f", "rawvideo"]
    done = subprocess.run([*command, "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
    film = np.frombuffer(done.stdout, np.uint8).reshape(-1, 40, 56, 3)
    assert len(film) == 6 + 17  # the last one stays for a second and a half
    expected = np.broadcast_to(frames[..., :1, :1, :], (6, 1, 1, frames.shape[-1]))
    assert np.abs(film[:6, 8:-8, 8:-8].mean((1, 2)) - expected[:, 0, 0]).max() < 12
    np.testing.assert_allclose(film[-1], film[5], atol=12)


def test_sides_of_an_mp4_are_made_even() -> None:
    content = animation.mp4(GREY, scale=1)
    command = [animation.ffmpeg(), "-loglevel", "error", "-i", "-", "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    done = subprocess.run(command, input=content, capture_output=True, check=True)
    assert len(done.stdout) == (6 + 17) * 6 * 8


def test_a_png_has_all_frames() -> None:
    sheet = np.asarray(Image.open(io.BytesIO(animation.sheet(GREY))))
    assert sheet.shape == (2 * 5 + 2, 3 * 7 + 2 * 2)
    assert [sheet[0, 0], sheet[0, 9], sheet[-1, -1]] == [STEPS[0], STEPS[1], STEPS[5]]


@pytest.mark.parametrize("name", ["film.avi", "film", "folder/"])
def test_another_ending_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give a name that ends in .gif, .mp4, .png"):
        animation.save(GREY, tmp_path / name)


def test_without_ffmpeg_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(UserError, match=r"pip install 'mezzotint\[video\]', or write a .gif"):
        animation.encoder(Path("film.mp4"))
    assert animation.encoder(Path("film.GIF")) is animation.gif


def test_an_ffmpeg_that_fails_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(
        "#!/bin/sh\ncat > /dev/null\necho first >&2\necho Unknown encoder libx264 >&2\nexit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda name: str(program))
    with pytest.raises(UserError, match="makes no MP4 .Unknown encoder libx264.: write a .gif"):
        animation.mp4(GREY)
