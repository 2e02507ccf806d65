"""Every kind of picture comes out upright, in 8 bits, at the size asked; or with a reason."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from mezzotint.data.decode import check, decode
from mezzotint.data.fit import Fit, Loaded, centre_crop
from mezzotint.data.source import Undecodable

from .pictures import BOMB, JPEG, PNG, QUADRANTS, encode, noise, png_claiming, quadrants, rotated


def corners(picture: np.ndarray) -> list[str]:
    """The nearest of the four colours in each corner: top left, top right, bottom left, right."""
    height, width, _ = picture.shape
    spots = [(y, x) for y in (2, height - 3) for x in (2, width - 3)]
    distance = {
        name: [np.abs(picture[spot].astype(int) - colour).sum() for spot in spots]
        for name, colour in QUADRANTS.items()
    }
    return [min(distance, key=lambda name: distance[name][spot]) for spot in range(4)]


UPRIGHT = ["red", "green", "blue", "white"]


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_camera_gives_an_upright_picture(orientation: int) -> None:
    picture = decode(rotated(orientation), Fit((32, 48)))
    assert picture.shape == (32, 48, 3)
    assert corners(picture) == UPRIGHT


def test_a_turned_tiff_is_turned_once() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(quadrants()).transpose(Image.Transpose.ROTATE_90)
    assert corners(decode(encode(turned, "TIFF", exif=exif), Fit((32, 32)))) == UPRIGHT


def test_a_broken_tag_block_is_ignored() -> None:
    content = encode(quadrants(), "JPEG", quality=95, exif=b"Exif\x00\x00" + b"\xff" * 40)
    assert corners(decode(content, Fit((32, 32)))) == UPRIGHT


@pytest.mark.parametrize("size", [(16, 40), (40, 16), (1, 1), (64, 64), (100, 90)])
def test_the_size_is_exact_and_the_crop_is_of_its_ratio(size: tuple[int, int]) -> None:
    assert decode(encode(noise(0, 50, 70)), Fit(size)).shape == (*size, 3)
    left, top, right, bottom = centre_crop((50, 70), size)
    assert (bottom - top == 50) or (right - left == 70)
    assert abs((right - left) - (bottom - top) * size[1] / size[0]) <= max(1, size[1] / size[0])
    assert abs(left - (70 - right)) <= 1 and abs(top - (50 - bottom)) <= 1


def test_a_square_crop_keeps_the_shorter_side() -> None:
    assert centre_crop((500, 667), (64, 64)) == (83, 0, 583, 500)


def test_a_picture_of_the_right_size_is_untouched() -> None:
    picture = noise(1)
    assert np.array_equal(decode(encode(picture), Fit((24, 24))), picture)
    assert np.array_equal(decode(picture, Fit((24, 24))), picture)
    grey = noise(1, channels=1)
    assert np.array_equal(decode(grey[..., None], Fit((24, 24)))[..., 0], grey)


def test_resizing_is_antialiased() -> None:
    stripes = np.zeros((256, 256), np.uint8)
    stripes[:, ::2] = 255
    small = np.asarray(Fit((32, 32))(Loaded(Image.fromarray(stripes), (256, 256)))).astype(int)
    assert np.abs(small - 127).max() <= 3  # a resize that samples would give stripes, or a flat 0


def test_a_large_jpeg_decoded_small_is_nearly_that_decoded_whole() -> None:
    smooth = Image.fromarray(noise(2, 12, 16)).resize((1600, 1200), Image.Resampling.BICUBIC)
    content = encode(smooth, "JPEG", quality=95)
    picture = Image.open(BytesIO(content)).convert("RGB")
    whole = np.asarray(Fit((64, 64))(Loaded(picture, (1200, 1600))))
    assert np.abs(decode(content, Fit((64, 64))).astype(int) - whole).mean() < 1


def test_cmyk_becomes_rgb() -> None:
    content = encode(Image.fromarray(quadrants()).convert("CMYK"), "JPEG", quality=95)
    assert corners(decode(content, Fit((32, 32)))) == UPRIGHT


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    ramp = np.tile(np.linspace(0, 65535, 16).astype(np.uint16), (16, 1))
    expected = np.rint(ramp / 257).astype(int)
    for content in (encode(ramp), encode(ramp, "TIFF"), encode(Image.fromarray(ramp), "PPM")):
        picture = decode(content, Fit((16, 16)))
        assert picture.shape == (16, 16, 1)
        assert np.abs(picture[..., 0] - expected).max() == 0
    assert decode(encode(ramp), Fit((16, 16), 3)).shape == (16, 16, 3)


def test_big_endian_and_float_tiffs() -> None:
    ramp = np.tile(np.linspace(0, 1, 16).astype(np.float32), (16, 1))
    expected = np.rint(ramp * 255)
    assert np.array_equal(decode(encode(ramp, "TIFF"), Fit((16, 16)))[..., 0], expected)
    big = Image.frombytes("I;16B", (16, 16), np.rint(ramp * 65535).astype(">u2").tobytes())
    assert np.array_equal(decode(encode(big, "TIFF"), Fit((16, 16)))[..., 0], expected)
    with pytest.raises(Undecodable, match="neither 8 nor 16 bits"):
        decode(encode(ramp * 300, "TIFF"), Fit((16, 16)))


def test_transparency_is_laid_over_white() -> None:
    clear = np.zeros((16, 16, 4), np.uint8)
    clear[:, :8, 3] = 255  # black on the left, nothing on the right
    palette = Image.fromarray(clear).quantize(4)
    assert palette.mode == "P"
    grey = Image.fromarray(clear).convert("LA")
    for content, channels in ((encode(clear), 3), (encode(palette), 3), (encode(grey), 1)):
        picture = decode(content, Fit((16, 16)))
        assert picture.shape == (16, 16, channels)
        assert picture[:, :8].max() == 0 and picture[:, 8:].min() == 255
    keyed = encode(np.zeros((16, 16), np.uint8), transparency=0)
    assert decode(keyed, Fit((16, 16))).min() == 255


def test_an_animation_gives_its_first_frame() -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "PNG", "WEBP"):
        content = encode(frames[0], kind, save_all=True, append_images=frames[1:])
        picture = decode(content, Fit((16, 16))).astype(int)
        assert picture[..., 0].min() > 240 and picture[..., 2].max() < 15


def test_channels_as_asked_or_as_found() -> None:
    colour, grey = encode(noise(3)), encode(noise(3, channels=1))
    assert [decode(each, Fit((8, 8))).shape[2] for each in (colour, grey)] == [3, 1]
    assert [check(each) for each in (colour, grey)] == [3, 1]
    assert decode(colour, Fit((8, 8), 1)).shape == (8, 8, 1)
    spread = decode(grey, Fit((8, 8), 3))
    assert np.array_equal(spread, np.repeat(decode(grey, Fit((8, 8))), 3, axis=2))


UNUSABLE = {
    "empty": (b"", "the file is empty"),
    "text": (b"Dear diary,\n" * 50, "not a picture"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    "one pixel": (encode(noise(0, 1, 1)), "side under 8 pixels"),
    "a line": (encode(noise(0, 7, 300)), "side under 8 pixels"),
    "claims 10^10 pixels": (png_claiming(100_000, 100_000), "more than 100 million pixels"),
    "bomb": (BOMB, "more than 100 million pixels"),
    "cut JPEG": (JPEG[: len(JPEG) // 2], "cut short"),
    "cut PNG": (PNG[: len(PNG) // 2], "cut short"),
    "header alone": (PNG[:20], "."),
    "broken PNG": (PNG[:60] + bytes(200) + PNG[260:], "damaged"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_the_unusable_have_a_reason_even_without_decoding(kind: str) -> None:
    content, reason = UNUSABLE[kind]
    with pytest.raises(Undecodable, match=reason):
        decode(content, Fit((16, 16)))
    with pytest.raises(Undecodable, match=reason):
        check(content)


def test_a_whole_thumbnail_does_not_hide_a_cut_picture() -> None:
    exif = b"Exif\x00\x00" + b"MM\x00*\x00\x00\x00\x08\x00\x00" + encode(noise(5), "JPEG")
    content = encode(noise(4, 200, 200), "JPEG", exif=exif)
    assert check(content) == 3
    with pytest.raises(Undecodable, match="cut short"):
        check(content[: len(content) * 3 // 4])
