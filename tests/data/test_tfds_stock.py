"""The stock `oxford_flowers102` of TensorFlow Datasets, prepared from the three shared files, offline.

TFDS takes a file from its manual folder where its size and checksum are those that it knows; the shared
files are a smaller edition with others, so these are put in their place. This test needs TensorFlow:
preparing does; reading never imports it, which another process shows.
"""

import hashlib
import subprocess
import sys
import warnings
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

tfds: Any = pytest.importorskip("tensorflow_datasets", reason="needs mezzotint[tfds]")
if find_spec("tensorflow") is None:
    pytest.skip("preparing a stock set needs TensorFlow", allow_module_level=True)

from mezzotint.config import Config  # noqa: E402
from mezzotint.data.open import open_origin  # noqa: E402
from tests.training.runs import steps, train  # noqa: E402

FLOWERS = Path(__file__).parents[3] / "shared/data/flowers102-64"
FILES = ("102flowers.tgz", "imagelabels.mat", "setid.mat")
ARTICLE = "train[:80%]+validation[:80%]+test[:80%]"
REST = "train[80%:]+validation[80%:]+test[80%:]"

pytestmark = pytest.mark.skipif(not FLOWERS.is_dir(), reason="the shared flowers are not here")


@pytest.fixture(scope="module", params=["tfrecord", "array_record"])
def data_dir(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the prepared set, as TFDS's own default and at random access."""
    folder = tmp_path_factory.mktemp(request.param)
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")  # TensorFlow's
        builder = tfds.builder("oxford_flowers102", data_dir=folder, file_format=request.param, try_gcs=False)
        known = builder.url_infos
        ours = {url: _info(FLOWERS / Path(url).name) for url in known}
        assert sorted(Path(url).name for url in ours) == sorted(FILES)
        patch.setattr(type(builder), "url_infos", ours)
        patch.setattr("socket.socket.connect", _refuse)
        builder.download_and_prepare(
            download_config=tfds.download.DownloadConfig(
                manual_dir=FLOWERS, compute_stats=tfds.download.ComputeStatsMode.SKIP
            )
        )
    return folder


def _info(file: Path) -> Any:
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return tfds.core.download.checksums.UrlInfo(size=len(content), checksum=digest, filename=file.name)


def _refuse(*_: Any) -> None:
    raise OSError("nothing is fetched here")


def test_our_flowers_are_theirs_in_their_order(data_dir: Path) -> None:
    theirs = open_origin(f"tfds:oxford_flowers102:{ARTICLE},{REST}?data_dir={data_dir}")
    ours = open_origin(f"flowers:{FLOWERS}")
    assert len(theirs.entries) == len(ours.entries) == 7_243
    assert theirs.label_names[72] == "water lily"
    for split, count in (("train", 816 + 816 + 4_162), ("validation", 204 + 204 + 1_041)):
        sides = [[each for each in origin.entries if each.split == split] for origin in (theirs, ours)]
        assert len(sides[0]) == count
        assert [each.label for each in sides[0]] == [each.label for each in sides[1]]
        assert [each.read() for each in sides[0]] == [each.read() for each in sides[1]]


def test_twenty_steps_of_the_articles_slice(data_dir: Path, tmp_path: Path, tiny: Config) -> None:
    uri = f"tfds:oxford_flowers102:{ARTICLE}?data_dir={data_dir}"
    train(replace(tiny, data=uri, steps=20), tmp_path / "run")
    assert steps(tmp_path / "run") == 20


def test_it_is_read_without_tensorflow(data_dir: Path) -> None:
    program = (
        "import sys; from mezzotint.data.open import open_origin;"
        f"origin = open_origin('tfds:oxford_flowers102?data_dir={data_dir}');"
        "assert all(entry.read() for entry in origin.entries); assert 'tensorflow' not in sys.modules;"
        "print(len(origin.entries))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert int(done.stdout) == 1_020 + 1_020
