"""Training from archives: the same run as from the folder that they were made of."""

from dataclasses import replace
from pathlib import Path

from mezzotint.config import Config
from tests.data.archives import pack

from .runs import figures, train

STEPS = 24


def test_archives_train_as_their_folder_does(tiny: Config, pictures: Path, tmp_path: Path) -> None:
    files = {file.name: file.read_bytes() for file in sorted(pictures.iterdir())}
    made = [pack(tmp_path / f"set.{kind}", files).name for kind in ("zip", "tar", "tgz")]
    for shard in range(3):
        part = dict(list(files.items())[shard * 20 : shard * 20 + 20])
        pack(tmp_path / f"{shard:04}.tar", part | {f"{Path(name).stem}.cls": b"1" for name in part})
    tiny = replace(tiny, steps=STEPS)
    train(tiny, tmp_path / "folder")
    expected = figures(tmp_path / "folder")
    assert len(expected) > STEPS // 3
    for name in (*made, "{0000..0002}.tar"):
        train(replace(tiny, data=f"archive:{tmp_path}/{name}"), tmp_path / f"run {name}")
        assert figures(tmp_path / f"run {name}") == expected
