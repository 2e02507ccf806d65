"""Where the FID network's weights come from, and files that are not the standard one."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint.errors import UserError
from mezzotint.metrics import inception_weights, published
from mezzotint.metrics.inception import CLASSES, WIDTH, InceptionFeatures
from mezzotint.metrics.inception_weights import PUBLISHED, load

SMALL = Path(__file__).parent / "small.pth"
CONTENT = SMALL.read_bytes()
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the file would be kept; the network is one without hosts, and the environment names no file."""
    monkeypatch.setattr(published, "user_cache_path", lambda name: tmp_path / "cache")
    nowhere = replace(PUBLISHED, url=f"http://127.0.0.1:9/{PUBLISHED.name}")
    monkeypatch.setattr(inception_weights, "PUBLISHED", nowhere)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv(PUBLISHED.variable, raising=False)
    return tmp_path / "cache/weights" / PUBLISHED.name


@pytest.fixture
def small_is_standard(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file to be downloaded, for which a small one stands in; no network is made of it."""
    origin = tmp_path / PUBLISHED.name
    shutil.copy(SMALL, origin)
    small = replace(PUBLISHED, url=origin.as_uri(), size=len(CONTENT), checksum=DIGEST)
    monkeypatch.setattr(inception_weights, "PUBLISHED", small)
    classes = jnp.zeros((WIDTH, CLASSES))
    made = lambda tensors, **marks: InceptionFeatures(tensors, classes, **marks)  # noqa: E731
    monkeypatch.setattr(inception_weights, "extractor", made)
    return origin


def test_the_standard_file_is_downloaded_once(cache: Path, small_is_standard: Path) -> None:
    assert list(load().variables) == ["scalar", "table", "end", "half", "empty"]
    assert cache.read_bytes() == CONTENT and list(cache.parent.iterdir()) == [cache]
    small_is_standard.unlink()
    assert load().name == "inception"


@pytest.mark.parametrize("terminal", ["0", "1"])
def test_a_download_shows_a_bar_on_a_terminal_alone(
    cache: Path,
    small_is_standard: Path,
    terminal: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", terminal)  # rich's word for it
    load()
    said = capsys.readouterr()
    assert said.out == "" and (f"downloading {PUBLISHED.name[:9]}" in said.err) == (terminal == "1")
    assert said.err == "" or terminal == "1"


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"more" * 1000], ids=["cut", "too long"])
def test_a_damaged_download_is_not_kept(cache: Path, small_is_standard: Path, content: bytes) -> None:
    small_is_standard.write_bytes(content)
    with pytest.raises(UserError, match=rf"damaged: its SHA-256 is [0-9a-f]{{64}}, not {DIGEST}: try again"):
        load()
    assert not cache.parent.exists()


def test_a_cache_that_cannot_be_written(cache: Path, small_is_standard: Path) -> None:
    cache.parent.parent.write_bytes(b"")
    with pytest.raises(UserError, match=f"cannot be written .*name it in {PUBLISHED.variable}"):
        load()


def test_without_a_network(cache: Path) -> None:
    with pytest.raises(UserError, match="efficientnet-lite0 works without a network") as caught:
        load()
    message = str(caught.value)
    assert "\n" not in message and all(
        word in message for word in (PUBLISHED.name, str(cache.parent), PUBLISHED.variable)
    )


def test_the_environment_names_a_file(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PUBLISHED.variable, "missing.pth")
    with pytest.raises(UserError, match="missing.pth cannot be read"):
        load()
    with pytest.raises(UserError, match=r"small.pth is another file, or damaged"):
        load(SMALL)  # an argument goes before it


def test_another_file_is_refused_unless_it_is_asked_for() -> None:
    with pytest.raises(UserError, match=f"its SHA-256 is {DIGEST}, not {PUBLISHED.checksum}"):
        load(SMALL)
    with pytest.raises(UserError, match="small.pth does not hold the FID network"):
        load(SMALL, verify=False)


def test_numbers_of_other_weights_have_another_name(small_is_standard: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pth"
    other.write_bytes((SMALL.parent / "small_old.pth").read_bytes())
    found = load(other, verify=False)
    assert found.name == "inception-unverified"
    assert found.version == f"1-{hashlib.sha256(other.read_bytes()).hexdigest()[:8]}"
    np.testing.assert_array_equal(found.variables["scalar"], 7)
