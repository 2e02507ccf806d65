"""Archives: every kind reads the same, labels and splits are found, and nothing bad is followed."""

import gzip
import io
import json
import os
import random
import shutil
import struct
import tarfile
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mezzotint.data import inflate
from mezzotint.data.archive import open_archive
from mezzotint.data.fit import Fit
from mezzotint.data.inflate import Inflated
from mezzotint.data.open import named, open_origin, open_source
from mezzotint.data.shards import shards
from mezzotint.data.source import Origin, Splits, Undecodable
from mezzotint.errors import UserError

from .archives import KINDS, member, pack, tarred, zipped
from .pictures import encode, noise

FILES = {f"flowers/{kind}/{seed}.png": encode(noise(seed)) for seed, kind in enumerate("aabbbbcccccc" * 8)}
FIT = Fit((24, 24))


def opened(path: Path | str, options: str = "") -> Origin:
    return open_origin(f"archive:{path}{options}")


def reasons(origin: Origin | Splits) -> dict[str, str]:
    return {each.path: each.reason for each in origin.unusable}


def contents(origin: Origin) -> list[bytes]:
    return [bytes(entry.read()) for entry in origin.entries]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_what_was_put_in(tmp_path: Path, kind: str) -> None:
    origin = opened(pack(tmp_path / f"set.{kind}", FILES))
    assert [entry.name for entry in origin.entries] == [f"set.{kind}/{name}" for name in FILES]
    assert contents(origin) == list(FILES.values())
    assert not origin.unusable and origin.ordered == (kind not in ("zip", "tar"))
    order = random.Random(0).sample(range(len(FILES)), 20)
    assert [origin.entries[row].read() for row in order] == [list(FILES.values())[row] for row in order]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_decodes_to_the_same_splits(tmp_path: Path, kind: str) -> None:
    splits = open_source(f"archive:{pack(tmp_path / f'set.{kind}', FILES)}", FIT)
    assert len(splits.train) + len(splits.validation) == len(FILES) and splits.in_memory
    found = {
        side[row]["image"].tobytes() for side in (splits.train, splits.validation) for row in range(len(side))
    }
    assert found == {noise(seed).tobytes() for seed in range(len(FILES))}


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_any_order_and_thread(tmp_path: Path, kind: str) -> None:
    origin = opened(pack(tmp_path / f"set.{kind}", FILES))
    wrong = []

    def read(seed: int) -> None:
        for row in random.Random(seed).sample(range(len(FILES)), len(FILES)):
            if origin.entries[row].read() != list(FILES.values())[row]:
                wrong.append(row)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not wrong
    assert not open_source(f"archive:{tmp_path / f'set.{kind}'}", FIT, memory_limit=0).in_memory


def test_compressed_archives_are_read_twice_and_never_from_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Inflated] = []
    start = Inflated.__init__
    monkeypatch.setattr(
        Inflated, "__init__", lambda self, *given: (start(self, *given), made.append(self))[0]
    )
    path = pack(tmp_path / "set.tgz", FILES)
    open_source(f"archive:{path}", FIT)
    assert [each.passes for each in made] == [1, 2]  # the first looked at its beginning
    with pytest.raises(UserError, match=r"read in order, and its 96 pictures.*`mezzotint data prepare`"):
        open_source(f"archive:{path}", FIT, memory_limit=0)


@pytest.mark.parametrize("kind", ["zip", "tar", "tgz"])
def test_labels_and_splits_by_folders(tmp_path: Path, kind: str) -> None:
    files = {"top.png": FILES["flowers/a/0.png"]}
    for row, (name, content) in enumerate(FILES.items()):
        files[name.replace("flowers", ("train", "val", "test")[row % 3])] = content
    path = pack(tmp_path / f"set.{kind}", files)
    origin = opened(path, "?labels=folders&splits=folders")
    assert origin.label_names == ("a", "b", "c")
    assert [entry.label for entry in origin.entries[:6]] == [-1, 0, 0, 1, 1, 1]
    assert [entry.split for entry in origin.entries[:4]] == ["", "train", "validation", "test"]
    assert opened(path).label_names == () and opened(path).entries[1].split == ""
    splits = open_source(f"archive:{path}:test?splits=folders", FIT)
    assert len(splits.train) + len(splits.validation) == len(FILES) // 3


def test_shared_folders_are_passed_over(tmp_path: Path) -> None:
    origin = opened(pack(tmp_path / "set.tar", FILES), "?labels=folders")
    assert origin.label_names == ("a", "b", "c")
    one = {name: content for name, content in FILES.items() if "/a/" in name}
    assert opened(pack(tmp_path / "one.tar", one), "?labels=folders").label_names == ("flowers",)
    flat = {f"./a/{seed}.png": encode(noise(seed)) for seed in range(3)}
    assert opened(pack(tmp_path / "flat.tar", flat), "?labels=folders").label_names == ("a",)


@pytest.mark.parametrize("kind", KINDS)
def test_webdataset(tmp_path: Path, kind: str) -> None:
    for shard in range(3):
        files = {}
        for seed in range(shard * 10, shard * 10 + 10):
            files[f"{seed:05}.jpg"] = encode(noise(seed), "JPEG")
            files[f"{seed:05}.cls"] = str(seed % 4).encode()
            files[f"{seed:05}.json"] = json.dumps({"kind": f"kind {seed % 3}", "number": seed}).encode()
        pack(tmp_path / f"train-{shard:04}.{kind}", files)
    origin = opened(f"{tmp_path}/train-{{0000..0002}}.{kind}")
    assert [entry.label for entry in origin.entries] == [seed % 4 for seed in range(30)]
    assert not origin.label_names and not origin.unusable
    assert origin.entries[29].name == f"train-0002.{kind}/00029.jpg"
    for other in (tmp_path, f"{tmp_path}/*.{kind}", f"{tmp_path}/train-{{0000,0001,0002}}.{kind}"):
        assert [entry.name for entry in opened(other).entries] == [entry.name for entry in origin.entries]
    named_kinds = opened(tmp_path, "?label=kind")
    assert named_kinds.label_names == ("kind 0", "kind 1", "kind 2")
    assert [entry.label for entry in named_kinds.entries] == [seed % 3 for seed in range(30)]
    assert [entry.label for entry in opened(tmp_path, "?label=number").entries] == list(range(30))
    assert {entry.label for entry in opened(tmp_path, "?labels=none").entries} == {-1}
    assert len(contents(origin)) == 30


def test_bad_label_files_are_listed(tmp_path: Path) -> None:
    picture = encode(noise(0))
    deep = b"[" * 60_000
    jsons = {"a": b'{"x": 1}', "b": b"{", "c": b'{"y": 1}', "d": b'{"x": [1]}', "e": deep, "f": b" " * 70_000}
    files = {f"{name}.json": content for name, content in jsons.items()}
    files |= {f"{name}.png": picture for name in jsons} | {"lonely.json": b"{}"}
    origin = opened(pack(tmp_path / "set.tgz", files), "?label=x")
    assert [entry.label for entry in origin.entries] == [1, -1, -1, -1, -1, -1, -1]
    assert set(reasons(origin)) == {f"set.tgz/{name}.json" for name in "bcdef"}
    assert "set.tgz/lonely.json" in reasons(open_source(f"archive:{tmp_path}/set.tgz?label=x", FIT))
    with pytest.raises(UserError, match="has a 'z'"):
        opened(tmp_path / "set.tgz", "?label=z")


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("archive:/no/such.tar", "there is no archive '/no/such.tar'"),
        ("archive:/no/{00..03}.tar", "there is no archive '/no/00.tar'"),
        ("archive:/no/{0..999999999}.tar", "means more than 100,000 files"),
        (f"archive:{os.path.dirname(__file__)}", "there is no archive in"),
        (f"archive:{__file__}", "it is not a zip archive, nor a tar archive"),
        ("archive:x.tar?labels=cls", "labels can be folders or none, not 'cls'"),
        ("archive:x.tar?labels=none&label=x", "choose one"),
        ("archive:x.tar?unpack=1", "unknown option 'unpack'"),
        ("archive", "write it as archive:PATH"),
    ],
)
def test_wrong_names_are_mended(uri: str, said: str) -> None:
    with pytest.raises(UserError) as error:
        open_origin(uri)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_names_of_shards(tmp_path: Path) -> None:
    for name in ("a-8.tar", "a-9.tar", "a-10.tar", "a{1,2}.tar", "b.tar"):
        (tmp_path / name).touch()
    assert [file.name for file in shards(f"{tmp_path}/a-{{8..10}}.tar")] == ["a-8.tar", "a-9.tar", "a-10.tar"]
    assert [file.name for file in shards(f"{tmp_path}/{{b,a-9}}.tar")] == ["b.tar", "a-9.tar"]
    assert [file.name for file in shards(f"{tmp_path}/a{{1,2}}.tar")] == ["a{1,2}.tar"]


EVIL = {
    "../out.png": "outside",
    "a/../../out.png": "outside",
    "/tmp/out.png": "absolute",
    "C:\\out.png": "absolute",
}


def evil_tar(path: Path, mode: str) -> Path:
    picture = encode(noise(0))
    with tarfile.open(path, mode) as archive:  # pyright: ignore
        archive.addfile(member("good.png", picture), io.BytesIO(picture))
        for name in EVIL:
            archive.addfile(member(name, picture), io.BytesIO(picture))
        archive.addfile(member("soft.png", kind=tarfile.SYMTYPE, link="/etc/passwd"))
        archive.addfile(member("hard.png", kind=tarfile.LNKTYPE, link="good.png"))
        archive.addfile(member("pipe.png", kind=tarfile.FIFOTYPE))
        archive.addfile(member("device.png", kind=tarfile.CHRTYPE))
        archive.addfile(member("block.png", kind=tarfile.BLKTYPE))
        archive.addfile(member("odd.png", picture, kind=b"M"), io.BytesIO(picture))
        sparse = member("holes.png", picture)
        sparse.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
        archive.addfile(sparse, io.BytesIO(picture))
        archive.addfile(member("two\nlines\x1b[31m.png", b"text"), io.BytesIO(b"text"))
        archive.addfile(member("x" * 300 + ".png", picture), io.BytesIO(picture))
        for name in (".hidden.png", "__MACOSX/good.png", "folder/"):
            archive.addfile(member(name, kind=tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE))
    return path


@pytest.mark.parametrize("kind", ["tar", "tgz"])
def test_evil_tar_members_are_listed_and_never_followed(tmp_path: Path, kind: str) -> None:
    path = evil_tar(tmp_path / f"set.{kind}", "w" if kind == "tar" else "w:gz")
    before = sorted(tmp_path.rglob("*"))
    found = reasons(open_source(f"archive:{path}", FIT))
    said = {**EVIL, "soft.png": "link", "hard.png": "link", "pipe.png": "regular", "device.png": "regular"}
    said |= {"block.png": "regular", "odd.png": "regular", "holes.png": "sparse"}
    for name, part in said.items():
        assert part in found.pop(f"set.{kind}/{name}")
    assert list(found) == [f"set.{kind}/two\ufffdlines\ufffd[31m.png"]
    assert sorted(tmp_path.rglob("*")) == before
    assert len(opened(path).entries) == 3


def test_old_gnu_sparse_members_are_stepped_over(tmp_path: Path) -> None:
    picture = encode(noise(0))
    header = bytearray(member("holes.png", bytes(512), kind=b"S").tobuf(tarfile.GNU_FORMAT))
    header[482] = 1
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 8 * 32 + sum(header[156:]))
    extents = bytearray(512)
    extents[504] = 1
    rest = tarred(tmp_path / "rest.tar", {"good.png": picture}).read_bytes()
    (tmp_path / "set.tar").write_bytes(bytes(header + extents + bytes(512) + b"\1" * 512) + rest)
    origin = opened(tmp_path / "set.tar")
    assert reasons(origin) == {"set.tar/holes.png": "it is a sparse file"} and contents(origin) == [picture]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_form_of_tar_keeps_long_names(tmp_path: Path, form: int) -> None:
    names = ["a" * 90 + "/" + "b" * 90 + ".png", "ü.png"]
    names += ["c" * 400 + ".png", "d/" * 200 + "e.png"] if form != tarfile.USTAR_FORMAT else []
    with tarfile.open(tmp_path / "set.tar", "w", format=form) as archive:
        for name in names:
            archive.addfile(member(name, b"x"), io.BytesIO(b"x"))
    from_us = [entry.name.removeprefix("set.tar/") for entry in opened(tmp_path / "set.tar").entries]
    assert [name[-290:] for name in from_us] == [name[-290:] for name in names]


def test_the_last_of_one_name_counts(tmp_path: Path) -> None:
    first, last = encode(noise(0)), encode(noise(1))
    for kind in ("tar", "tgz", "zip"):
        path = tmp_path / f"set.{kind}"
        if kind == "zip":
            with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning):
                archive.writestr("a.png", first)
                archive.writestr("a.png", last)
        else:
            with tarfile.open(path, "w" if kind == "tar" else "w:gz") as archive:
                for content in (first, last):
                    archive.addfile(member("a.png", content), io.BytesIO(content))
        origin = opened(path)
        assert contents(origin) == [last]
        assert reasons(origin) == {f"set.{kind}/a.png": "a later member has the same name"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_lies_before_a_cut_is_used(tmp_path: Path, kind: str) -> None:
    files = {f"{seed:02}.png": encode(noise(seed)) for seed in range(40)}
    whole = pack(tmp_path / f"whole.{kind}", files).read_bytes()
    counts = []
    for part in (0.2, 0.5, 0.9):
        path = tmp_path / f"cut.{kind}"
        path.write_bytes(whole[: int(len(whole) * part)])
        try:
            splits = open_source(f"archive:{path}", FIT)
        except UserError as error:
            assert kind in ("tar.bz2", "tar.xz") and "cut short" in str(error)  # a block is all of it
            continue
        counts.append(len(splits.train) + len(splits.validation))
        (reason,) = [each.reason for each in splits.unusable]
        assert reason == f"the archive is cut short after member {counts[-1] - 1:02}.png"
        assert 40 * part - 4 <= counts[-1] <= 40 * part + 3
    assert counts == sorted(counts) and (counts or kind in ("tar.bz2", "tar.xz"))


def test_damage_in_the_middle(tmp_path: Path) -> None:
    files = {f"{seed:02}.png": encode(noise(seed)) for seed in range(40)}
    whole = bytearray(pack(tmp_path / "set.tar", files).read_bytes())
    at = whole.index(b"20.png")
    whole[at + 148 : at + 152] = b"oops"  # the checksum
    (tmp_path / "set.tar").write_bytes(whole)
    origin = opened(tmp_path / "set.tar")
    assert len(origin.entries) == 20
    assert reasons(origin) == {"set.tar": "the archive is damaged after member 19.png"}
    whole = bytearray(zipped(tmp_path / "set.zip", files).read_bytes())
    whole[whole.index(b"20.png") + 500] ^= 0xFF
    (tmp_path / "set.zip").write_bytes(whole)
    found = reasons(open_source(f"archive:{tmp_path}/set.zip", FIT))
    assert list(found) == ["set.zip/20.png"] and "damaged" in found["set.zip/20.png"]


def test_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(gzip.compress(b"hello"))
    with pytest.raises(UserError, match=r"a\.tgz: it is compressed, but holds no tar"):
        opened(tmp_path / "a.tgz")
    for name in ("empty.zip", "empty.tar", "empty.tgz"):
        with pytest.raises(UserError, match="is empty"):
            open_source(f"archive:{pack(tmp_path / name, {})}", FIT)
    os.mkfifo(tmp_path / "pipe.tar")
    with pytest.raises(UserError, match="not a regular file"):
        opened(tmp_path / "pipe.tar")
    (tmp_path / "zero.tar").touch()
    with pytest.raises(UserError, match="nothing that can be read"):
        opened(tmp_path / "zero.tar")


def test_a_bad_shard_among_good_ones_is_listed(tmp_path: Path) -> None:
    pack(tmp_path / "a.tar", FILES)
    (tmp_path / "b.tar").write_bytes(b"hello")
    origin = opened(tmp_path)
    assert len(origin.entries) == len(FILES) and len(reasons(origin)) == 1


def test_zip_members_that_are_not_read(tmp_path: Path) -> None:
    path, picture = tmp_path / "set.zip", encode(noise(0))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.png", picture)
        archive.writestr("bz.png", picture, zipfile.ZIP_BZIP2)
        archive.writestr("lzma.png", picture, zipfile.ZIP_LZMA)
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("locked.png", picture)
        archive.writestr("absurd.png", bytes(20 * 2**20))
        archive.writestr("lies.png", bytes(2**20))
        for name in EVIL:
            archive.writestr(name, picture)
    content = bytearray(path.read_bytes())
    central = content.index(b"PK\x01\x02")
    locked = content.index(b"locked.png", central) - 46
    content[locked + 8] |= 1
    lies = content.index(b"lies.png", central) - 46
    content[lies + 24 : lies + 28] = struct.pack("<I", 1000)
    path.write_bytes(content)
    found = reasons(open_source(f"archive:{path}", FIT))
    said = {"lzma.png": "method 14", "link.png": "link", "locked.png": "encrypted", "absurd.png": "250 times"}
    said |= {"lies.png": "larger than the archive says", **EVIL}
    for name, part in said.items():
        assert part in found.pop(f"set.zip/{name}")
    assert not found and len(opened(path).entries) == 3


def test_overlapping_zip_members_are_left_out(tmp_path: Path) -> None:
    path = zipped(tmp_path / "set.zip", {f"{seed}.png": encode(noise(seed)) for seed in range(3)})
    content = bytearray(path.read_bytes())
    central = content.index(b"PK\x01\x02")
    second, third = (content.index(name, central) - 46 for name in (b"1.png", b"2.png"))
    content[second + 42 : second + 46] = content[third + 42 : third + 46]
    path.write_bytes(content)
    assert reasons(opened(path)) == {"set.zip/1.png": "it overlaps another member"}


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_compressed_bomb_ends_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setattr(inflate, "FREE", 2**20)
    picture, zeros = encode(noise(0)), member("zeros.bmp")
    zeros.size = 64 * 2**20
    with tarfile.open(tmp_path / "set.tar", mode) as archive:  # pyright: ignore
        archive.addfile(member("good.png", picture), io.BytesIO(picture))
        archive.addfile(zeros, io.BytesIO(bytes(zeros.size)))
        archive.addfile(member("late.png", picture), io.BytesIO(picture))
    origin = opened(tmp_path / "set.tar")
    assert contents(origin) == [picture]
    said = "the archive inflates to more than 100 times its size after member good.png"
    assert reasons(origin) == {"set.tar": said}


def test_large_tar_members_are_listed_and_stepped_over(tmp_path: Path) -> None:
    picture, large = encode(noise(0)), member("large.bmp")
    large.size = 257 * 2**20
    with (tmp_path / "set.tar").open("wb") as file:
        file.write(large.tobuf())
        file.seek(large.size, os.SEEK_CUR)  # a hole
        file.write(tarred(tmp_path / "rest.tar", {"good.png": picture}).read_bytes())
    origin = opened(tmp_path / "set.tar")
    assert contents(origin) == [picture]
    assert reasons(origin) == {"set.tar/large.bmp": "it is larger than 256 MiB"}


def test_an_archive_that_goes_away_is_said(tmp_path: Path) -> None:
    for kind in ("zip", "tar", "tgz"):
        origin = opened(pack(tmp_path / f"set.{kind}", FILES))
        (tmp_path / f"set.{kind}").unlink()
        shutil.rmtree(tmp_path / "none", ignore_errors=True)
        with pytest.raises(Undecodable):
            origin.entries[0].read()


def test_noise_in_place_of_any_part_never_raises_anything_else(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    for kind in KINDS:
        whole = np.frombuffer(
            pack(tmp_path / f"whole.{kind}", dict(list(FILES.items())[:12])).read_bytes(), np.uint8
        )
        for _ in range(40):
            content = whole.copy()
            start = chance.integers(0, len(content))
            part = content[start : start + chance.integers(1, 600)]
            part[:] = chance.integers(0, 256, len(part))
            (tmp_path / f"set.{kind}").write_bytes(content.tobytes())
            try:
                open_source(f"archive:{tmp_path}/set.{kind}", FIT)
            except UserError as error:
                assert "\n" not in str(error)


def test_the_origin_alone(tmp_path: Path) -> None:
    path = pack(tmp_path / "set.zip", FILES)
    assert len(open_archive(named(f"archive:{path}")).entries) == len(FILES)
