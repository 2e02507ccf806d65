"""Pictures in time, as a GIF, an MP4, or a sheet of all frames."""

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from mezzotint import pictures
from mezzotint.errors import UserError
from mezzotint.files import write_whole

RATE = 12  # frames a second
LAST = 1.5  # seconds that the last frame stays

EVEN_SIDES = "pad=ceil(iw/2)*2:ceil(ih/2)*2"  # which H.264 asks for, its colours being halved

Frames = UInt8[np.ndarray, "frames height width channels"]
Encoder = Callable[[Frames, int], bytes]


def save(frames: Frames, path: Path, scale: int = 1) -> None:
    """Writes the frames in the format that the file's name ends in: .gif, .mp4, or .png for a sheet.

    Args:
        frames: pictures of one size, in bytes.
        path: the file, written whole or not at all.
        scale: each pixel is drawn as a square of this side.

    Raises:
        UserError: another ending, or an MP4 where there is no ffmpeg.
        OSError: the disk does not take it.
    """
    write_whole(path, encoder(path)(frames, scale))


def encoder(path: Path) -> Encoder:
    """What makes the bytes of such a file; asked early, it refuses a name before any frame is made.

    Raises:
        UserError: another ending, or an MP4 where there is no ffmpeg.
    """
    ending = path.suffix.lower()
    if ending not in ENCODERS:
        raise UserError(f"{path} is no animation: give a name that ends in {', '.join(ENCODERS)}")
    if ending == ".mp4":
        ffmpeg()
    return ENCODERS[ending]


def gif(frames: Frames, scale: int = 1) -> bytes:
    """A GIF that repeats; its last frame stays for a while."""
    first, *others = (_image(frame) for frame in _enlarged(frames, scale))
    durations = [round(1000 / RATE)] * len(others) + [round(1000 * LAST)]
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=others, duration=durations, loop=0)
    return file.getvalue()


def mp4(frames: Frames, scale: int = 1) -> bytes:
    """A film in H.264 that any browser plays; its last frame stays for a while.

    Raises:
        UserError: there is no ffmpeg, or it has no such encoder.
    """
    held = np.concatenate([frames, frames[-1:].repeat(round(RATE * LAST) - 1, axis=0)])
    large = _enlarged(held, scale)
    colour = np.repeat(large, 3 // large.shape[-1], axis=-1)
    height, width = colour.shape[1:3]
    with TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        reading = [
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "-s",
            f"{width}x{height}",
            "-r",
            str(RATE),
            "-i",
            "-",
        ]
        writing = ["-vf", EVEN_SIDES, "-c:v", "libx264", "-pix_fmt", "yuv420p", str(film)]
        command = [ffmpeg(), "-loglevel", "error", *reading, *writing]
        done = subprocess.run(command, input=colour.tobytes(), capture_output=True, check=False)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise UserError(
                f"{command[0]} makes no MP4 ({said[-1] if said else done.returncode}): write a .gif"
            )
        return film.read_bytes()


def sheet(frames: Frames, scale: int = 1) -> bytes:
    """A PNG with all frames, row by row."""
    return pictures.png(pictures.grid(frames / np.float32(pictures.WHITE)), scale)


ENCODERS: dict[str, Encoder] = {".gif": gif, ".mp4": mp4, ".png": sheet}


def ffmpeg() -> str:
    """The program on the PATH, or the one that the extra `video` brings.

    Raises:
        UserError: there is neither.
    """
    if found := shutil.which("ffmpeg"):
        return found
    try:
        from imageio_ffmpeg import get_ffmpeg_exe  # noqa: PLC0415  an extra
    except ImportError:
        raise UserError(
            "an MP4 needs ffmpeg, which is not installed: pip install 'mezzotint[video]', or write a .gif"
        ) from None
    return get_ffmpeg_exe()


def _enlarged(frames: Frames, scale: int) -> Frames:
    return frames.repeat(scale, axis=1).repeat(scale, axis=2)


def _image(frame: pictures.Pixels) -> Image.Image:
    return Image.fromarray(frame[..., 0] if frame.shape[-1] == 1 else frame)
