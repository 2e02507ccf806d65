"""Sixty files that are no pictures, or no longer: each kind of damage, and each kind of trap."""

import gzip
import io
import pickle
import struct
import zlib

import numpy as np
from PIL import Image

from .pictures import BOMB, encode, noise, png_claiming

LARGE = noise(1, 200, 200)
JPEG, PNG, GIF, WEBP, BMP, TIFF, PPM, JP2 = (
    encode(LARGE, kind) for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "JPEG2000")
)
LZW = encode(LARGE, "TIFF", compression="tiff_lzw")
LOSSLESS = encode(LARGE, "WEBP", lossless=True)
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def cut(content: bytes, part: float) -> bytes:
    return content[: int(len(content) * part)]


def flipped(content: bytes, at: int, bits: int = 0xFF) -> bytes:
    return content[:at] + bytes([content[at] ^ bits]) + content[at + 1 :]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_with(extra: bytes) -> bytes:
    """A good PNG with a chunk more, after its header."""
    return PNG[:33] + extra + PNG[33:]


def png_header(width: int, height: int, depth: int = 8, colour: int = 2, last: bytes = bytes(3)) -> bytes:
    body = struct.pack(">IIBB", width, height, depth, colour) + last
    return SIGNATURE + chunk(b"IHDR", body) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")


def gif_claiming(width: int, height: int) -> bytes:
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00;"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frame


def tiff(tags: dict[int, tuple[int, int, int]], next_at: int = 0) -> bytes:
    """A little-endian TIFF of one directory: tag -> (type, count, value)."""
    entries = b"".join(struct.pack("<HHII", tag, *rest) for tag, rest in sorted(tags.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", next_at)


def tiff_tags(width: int, height: int, offset: int = 8, size: int = 300) -> dict[int, tuple[int, int, int]]:
    grey = {256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1)}
    return grey | {273: (4, 1, offset), 277: (3, 1, 1), 278: (4, 1, height), 279: (4, 1, size)}


def jpeg_without(marker: int) -> bytes:
    """A JPEG that lacks the segments of one marker."""
    out, at = JPEG[:2], 2
    while JPEG[at + 1] != 0xDA:
        end = at + 2 + struct.unpack(">H", JPEG[at + 2 : at + 4])[0]
        out += b"" if JPEG[at + 1] == marker else JPEG[at:end]
        at = end
    return out + JPEG[at:]


def jpeg_claiming(width: int, height: int) -> bytes:
    at = JPEG.index(b"\xff\xc0")
    return JPEG[: at + 5] + struct.pack(">HH", height, width) + JPEG[at + 9 :]


def webp_claiming(width: int, height: int) -> bytes:
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4)
    body += struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3] + LOSSLESS[12:]
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def jp2_claiming(width: int, height: int) -> bytes:
    """Both headers say so: the box of the file, and the marker of the stream in it."""
    box, marker = JP2.index(b"ihdr") + 4, JP2.index(b"\xff\x51") + 6
    out = JP2[:box] + struct.pack(">II", height, width) + JP2[box + 8 :]
    return out[:marker] + struct.pack(">II", width, height) + out[marker + 8 :]


def bmp_claiming(width: int, height: int) -> bytes:
    return BMP[:18] + struct.pack("<ii", width, height) + BMP[26:]


def npy() -> bytes:
    stream = io.BytesIO()
    np.save(stream, LARGE)
    return stream.getvalue()


def ico(side: int) -> bytes:
    return encode(Image.fromarray(noise(0, side, side)), "ICO", sizes=[(side, side)])


def gif_bomb() -> bytes:
    return encode(Image.new("L", (11_000, 11_000)), "GIF")


def tiff_bomb() -> bytes:
    return encode(Image.new("1", (11_000, 11_000)), "TIFF", compression="tiff_adobe_deflate")


ZEROS = zlib.compress(bytes(64 * 2**20), 9)
LOOP = tiff(tiff_tags(16, 16, offset=0), next_at=8)

BAD: dict[str, bytes] = {
    # not pictures at all
    "empty.png": b"",
    "one_byte.jpg": b"\xff",
    "text.txt": b"Dear diary,\n" * 50,
    "page.jpg": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><rect/></svg>',
    "paper.pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n",
    "script.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n%%EOF\n",
    "film.mp4": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(500),
    "film.avi": b"RIFF\x24\x10\0\0AVI LIST" + bytes(500),
    "notes.gz": gzip.compress(b"hello" * 99),
    "model.pkl": pickle.dumps({"a": 1}),
    "array.npy": npy(),
    "zeros.bin": bytes(4096),
    "noise.raw": noise(5, 99, 99).tobytes(),
    "icon.ico": ico(32),
    "pixel.ico": ico(1),
    "x.psd": b"8BPS\0\1" + bytes(100),
    # too small
    "pixel.png": encode(noise(0, 1, 1)),
    "line.png": encode(noise(0, 7, 300)),
    "none_wide.png": png_header(0, 100),
    "none_high.gif": gif_claiming(100, 0),
    "none.bmp": bmp_claiming(0, 0),
    # cut short
    "header.jpg": JPEG[:20],
    "tenth.jpg": cut(JPEG, 0.1),
    "half.jpg": cut(JPEG, 0.5),
    "nearly.jpg": cut(JPEG, 0.99),
    "header.png": PNG[:20],
    "half.png": cut(PNG, 0.5),
    "nearly.png": cut(PNG, 0.99),
    "half.gif": cut(GIF, 0.5),
    "half.webp": cut(WEBP, 0.5),
    "half_lossless.webp": cut(LOSSLESS, 0.5),
    "half.bmp": cut(BMP, 0.5),
    "half.tiff": cut(TIFF, 0.5),
    "half_packed.tiff": cut(LZW, 0.5),
    "half.ppm": cut(PPM, 0.5),
    "half.jp2": cut(JP2, 0.5),
    # damaged within
    "checksum.png": flipped(PNG, 29),
    "pixels.png": flipped(PNG, len(PNG) // 2),
    "colour.png": png_header(99, 99, colour=5),
    "depth.png": png_header(99, 99, depth=3),
    "few_pixels.png": png_header(99, 99),
    "no_pixels.png": SIGNATURE + PNG[8:33] + chunk(b"IEND", b""),
    "no_start.jpg": JPEG[2:],
    "no_quantization.jpg": jpeg_without(0xDB),
    "no_frame.jpg": jpeg_without(0xC0),
    "huffman.jpg": flipped(JPEG, JPEG.index(b"\xff\xc4") + 5),
    "loop.tiff": LOOP,
    "no_directory.tiff": b"II*\0" + struct.pack("<I", 0x7FFFFFFF),
    # traps
    "text_bomb.png": png_with(chunk(b"zTXt", b"Comment\0\0" + ZEROS)),
    "profile_bomb.png": png_with(chunk(b"iCCP", b"icc\0\0" + ZEROS)),
    "claims.png": png_claiming(100_000, 100_000),
    "bomb.png": BOMB,
    "claims.gif": gif_claiming(65_535, 65_535),
    "bomb.gif": gif_bomb(),
    "claims.jpg": jpeg_claiming(65_500, 65_500),
    "claims.webp": webp_claiming(16_384, 16_384),
    "claims.jp2": jp2_claiming(2**31 - 1, 2**31 - 1),
    "claims.bmp": bmp_claiming(2**31 - 1, 2**31 - 1),
    "bomb.tiff": tiff_bomb(),
}
