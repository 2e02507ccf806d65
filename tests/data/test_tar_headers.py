"""Headers of tar archives that are damaged, or meant to take the memory and the day: refused at once."""

import bz2
import gzip
import lzma
import tarfile
import time
from pathlib import Path

import pytest

from mezzotint.data import inflate
from mezzotint.data.inflate import BY_BEGINNING, Inflated
from mezzotint.data.open import open_origin
from mezzotint.data.source import Origin
from mezzotint.errors import UserError

from .archives import member

PACKERS = {"tar": bytes, "tgz": gzip.compress, "tar.bz2": bz2.compress, "tar.xz": lzma.compress}
BELOW_ZERO = b"\xff" * 12
END = bytes(1024)


def part(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE) -> bytes:
    """A member's header and body."""
    return member(name, content, kind).tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % 512)


def claiming(size: bytes, name: str, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A header whose size is written as these 12 bytes."""
    header = bytearray(part(name, kind=kind))
    header[124:136] = size
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 8 * 32 + sum(header[156:]))
    return bytes(header)


def opened(folder: Path, content: bytes, kind: str = "tar") -> Origin:
    (folder / f"set.{kind}").write_bytes(PACKERS[kind](content))
    return open_origin(f"archive:{folder / f'set.{kind}'}")


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("name", ["a.png", "a.json"])
@pytest.mark.parametrize("size", [b"\x80" + b"\xff" * 11, BELOW_ZERO, b"77777777777\0"])
def test_senseless_sizes(tmp_path: Path, size: bytes, name: str, kind: str) -> None:
    for type_ in (b"0", b"x", b"L"):
        with pytest.raises(UserError, match="the archive is (damaged|cut short)"):
            opened(tmp_path, claiming(size, name, type_) + bytes(4096), kind)


@pytest.mark.parametrize("kind", ["tgz", "tar.bz2", "tar.xz"])
def test_a_size_below_zero_does_not_inflate_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(inflate, "FREE", 2**16)  # or else it would be told as a bomb
    with pytest.raises(UserError, match="the archive is damaged"):
        opened(tmp_path, claiming(BELOW_ZERO, "a.json") + bytes(2**24), kind)


def test_no_bytes_are_fewer_than_none(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"hello"))
    read = Inflated(tmp_path / "a.gz", BY_BEGINNING[b"\x1f\x8b"])
    assert (read(0, -1), read(1, 3)) == (b"", b"ell")


def test_keywords_take_time_in_proportion(tmp_path: Path) -> None:
    keywords = part("keywords", b"6 a=b\n" * (2**20 // 6), b"x")
    start = time.process_time()
    assert len(opened(tmp_path, keywords + part("a.png", b"x") + END).entries) == 1
    assert time.process_time() - start < 3  # seconds; ten times as many if each record copied the rest


def test_what_stands_before_one_member_is_limited_in_all(tmp_path: Path) -> None:
    keywords = part("keywords", b"6 a=b\n" * 2**16, b"x")  # 384 KiB
    files = [2 * keywords + part(name, b"x") for name in ("a.png", "b.png")]
    assert len(opened(tmp_path, b"".join(files) + END).entries) == 2
    with pytest.raises(UserError, match="the archive is damaged"):
        opened(tmp_path, keywords + files[0] + END)
