"""Sets prepared by TensorFlow Datasets, which the test does itself, offline and without TensorFlow."""

import json
import subprocess
import sys
import warnings
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

tfds: Any = pytest.importorskip("tensorflow_datasets", reason="needs mezzotint[tfds]")

from mezzotint.config import Config  # noqa: E402
from mezzotint.data.fit import Fit  # noqa: E402
from mezzotint.data.open import open_origin, open_source  # noqa: E402
from mezzotint.data.records import take_apart  # noqa: E402
from mezzotint.errors import UserError  # noqa: E402
from tests.training.runs import steps, train  # noqa: E402

from .pictures import encode, noise  # noqa: E402

COUNTS = {"train": 40, "validation": 10, "test": 20}


class Spots(tfds.core.GeneratorBasedBuilder):
    """Noise of two kinds."""

    VERSION = tfds.core.Version("1.2.0")
    url_infos = {}  # nothing is fetched

    def _info(self) -> Any:
        features = tfds.features.FeaturesDict(
            {
                "image": tfds.features.Image(shape=(None, None, 3)),
                "label": tfds.features.ClassLabel(names=["dark", "light"]),
                "word": tfds.features.Text(),
                "number": np.int64,
                "pixels": tfds.features.Tensor(shape=(12, 12, 3), dtype=np.uint8),
                "depth": tfds.features.Tensor(shape=(12, 12, 1), dtype=np.float32),
            }
        )
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, _: Any) -> dict[str, Any]:
        return {split: self._generate_examples(count) for split, count in COUNTS.items()}

    def _generate_examples(self, count: int) -> Any:
        for row in range(count):
            picture = noise(1000 * count + row, 12, 12)
            yield (
                row,
                {
                    "image": BytesIO(encode(picture)),
                    "label": row % 2,
                    "word": "abc"[row % 3],
                    "number": row,
                    "pixels": picture,
                    "depth": picture[..., :1] / np.float32(255),
                },
            )


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `spots` as array records, of which train is in two files."""
    folder = tmp_path_factory.mktemp("tfds")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shards = tfds.download.DownloadConfig(num_shards=2)
        builder = Spots(data_dir=folder, file_format="array_record")
        builder.download_and_prepare(download_config=shards)
    return folder


@pytest.fixture
def tfrecords(data_dir: Path, tmp_path: Path) -> Path:
    """The same as TFRecords."""
    builder = tfds.builder_from_directory(data_dir / "spots/1.2.0")
    folder = tmp_path / "spots/1.2.0"
    folder.mkdir(parents=True)
    for split, info in builder.info.splits.items():
        records = iter(builder.as_data_source(split, deserialize_method=RAW))
        for shard, count in enumerate(info.shard_lengths):
            data = [next(records) for _ in range(count)]
            framed = (len(d).to_bytes(8, "little") + bytes(4) + d + bytes(4) for d in data)
            name = f"spots-{split}.tfrecord-{shard:05}-of-{len(info.shard_lengths):05}"
            (folder / name).write_bytes(b"".join(framed))
    for name in ("dataset_info.json", "features.json", "label.labels.txt"):
        text = (data_dir / "spots/1.2.0" / name).read_text()
        (folder / name).write_text(text.replace('"array_record"', '"tfrecord"'))
    return tmp_path


RAW = tfds.core.decode.DeserializeMethod.RAW_BYTES


def contents(uri: str) -> list[tuple[bytes, int, str]]:
    found = []
    for entry in open_origin(uri).entries:
        content = entry.read()
        assert isinstance(content, bytes)
        found.append((content, entry.label, entry.split))
    return found


def test_the_builders_own_splits(data_dir: Path) -> None:
    uri = f"tfds:spots?data_dir={data_dir}"
    opened = open_source(uri, Fit((12, 12)))
    assert (len(opened.train), len(opened.validation), opened.shape) == (40, 10, (12, 12, 3))
    assert opened.label_names == ("dark", "light") and not opened.unusable
    assert {opened.train[row]["image"].tobytes() for row in range(40)} == {
        noise(40_000 + row, 12, 12).tobytes() for row in range(40)
    }
    labels = {opened.train[row]["image"].tobytes(): opened.train[row]["label"] for row in range(40)}
    assert all(labels[noise(40_000 + row, 12, 12).tobytes()] == row % 2 for row in range(40))


@pytest.mark.parametrize("name", ["spots", "spots:1.2.0", "spots:1.*.*", "FOLDER"])
def test_slices_are_those_of_tfds(data_dir: Path, name: str) -> None:
    where = f"?data_dir={data_dir}" if name != "FOLDER" else ""
    name = name.replace("FOLDER", str(data_dir / "spots/1.2.0"))
    article = "train[:80%]+validation[:80%]+test[:80%]"
    builder = tfds.builder_from_directory(data_dir / "spots/1.2.0")
    skip = {"image": tfds.decode.SkipDecoding()}
    theirs = [each["image"] for each in builder.as_data_source(article, decoders=skip)]
    ours = contents(f"tfds:{name}:{article}{where}")
    assert [content for content, _, _ in ours] == theirs and len(ours) == 32 + 8 + 16
    assert {split for *_, split in ours} == {""}
    two = contents(f"tfds:{name}:train[:80%]+test[:80%],train[80%:]+test[80%:]{where}")
    splits = [split for *_, split in two]
    assert (splits.count("train"), splits.count("validation")) == (48, 12)


def test_twenty_steps_of_the_articles_slice(data_dir: Path, tmp_path: Path, tiny: Config) -> None:
    uri = f"tfds:spots:train[:80%]+validation[:80%]+test[:80%]?data_dir={data_dir}"
    train(replace(tiny, data=uri, steps=20), tmp_path / "run")
    assert steps(tmp_path / "run") == 20


def test_tfrecords_are_read_alike(data_dir: Path, tfrecords: Path) -> None:
    for slices in ("", ":train[3:33]+test", ":train[50%:],validation"):
        same = [contents(f"tfds:spots{slices}?data_dir={folder}") for folder in (data_dir, tfrecords)]
        assert same[0] == same[1]


def test_damaged_tfrecords(tfrecords: Path) -> None:
    file = next((tfrecords / "spots/1.2.0").glob("spots-train*"))
    whole = file.read_bytes()
    file.write_bytes(whole[:-30])
    with pytest.raises(UserError, match=r"is damaged: it has \d+ of \d+ records: prepare the set again"):
        open_origin(f"tfds:spots?data_dir={tfrecords}")
    file.write_bytes(whole[:12] + bytes([255] * 40) + whole[52:])
    assert len(open_source(f"tfds:spots?data_dir={tfrecords}", Fit((8, 8))).unusable) == 1
    file.unlink()
    with pytest.raises(UserError, match="cannot be read"):
        open_origin(f"tfds:spots?data_dir={tfrecords}")


def test_fields_are_chosen(data_dir: Path) -> None:
    where = f"data_dir={data_dir}"
    origin = open_origin(f"tfds:spots:test?{where}&label=word")
    assert origin.label_names == ("a", "b", "c") and {e.label for e in origin.entries} == {0, 1, 2}
    assert {e.label for e in open_origin(f"tfds:spots:test?{where}&label=").entries} == {-1}
    assert max(e.label for e in open_origin(f"tfds:spots:test?{where}&label=number").entries) == 19
    encoded, raw = (
        open_source(f"tfds:spots:test?{where}&image={field}", Fit((12, 12))) for field in ("image", "pixels")
    )
    assert {raw.train[row]["image"].tobytes() for row in range(len(raw.train))} <= {
        side[row]["image"].tobytes()
        for side in (encoded.train, encoded.validation)
        for row in range(len(side))
    }
    for query, said in (
        ("image=picture", "has no field 'picture'; there are: "),
        ("image=depth", "does not hold pictures of 8 or 16 bits"),
        ("image=word", "does not hold pictures"),
        ("label=pixels", "holds no labels"),
    ):
        with pytest.raises(UserError, match=said):
            open_origin(f"tfds:spots:test?{where}&{query}")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("spots:trian", r"has no slice 'trian' \(Unknown split 'trian'.*its splits are: train"),
        ("spots:train[", r"has no slice 'train\['"),
        ("spots:train,test,validation", "one slice, or two"),
        ("spots:9.9.9", r"tfds:spots:9\.9\.9 is not prepared in"),
        (
            "mnist",
            r"tfds\.builder\('mnist', data_dir='.*', file_format='array_record'\)\.download_and_prepare\(\)",
        ),
        ("/no/such", "is not the folder of a prepared set"),
    ],
)
def test_what_is_not_there_is_said(data_dir: Path, name: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        open_origin(f"tfds:{name}?data_dir={data_dir}")
    assert "\n" not in str(error.value)


def test_an_unfinished_set(data_dir: Path, tmp_path: Path) -> None:
    for name in ("dataset_info.json", "features.json"):
        text = (data_dir / "spots/1.2.0" / name).read_text()
        facts = json.loads(text)
        facts.pop("splits", None)
        (tmp_path / name).write_text(json.dumps(facts))
    with pytest.raises(UserError, match="not prepared to its end"):
        open_origin(f"tfds:{tmp_path}")


def test_tensorflow_is_never_imported(data_dir: Path) -> None:
    program = (
        "import sys; from mezzotint.data.open import open_source; from mezzotint.data.fit import Fit;"
        f"open_source('tfds:spots?data_dir={data_dir}', Fit((8, 8))); assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_names_are_taken_apart() -> None:
    assert take_apart("mnist:3.0.1:train[:80%],test") == ("mnist:3.0.1", "train[:80%],test")
    assert take_apart("/a:b/mnist/3.0.1:train") == ("/a:b/mnist/3.0.1", "train")
    assert take_apart("glue/cola") == ("glue/cola", "")
