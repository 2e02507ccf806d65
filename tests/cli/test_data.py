"""`mezzotint data`: the sources listed, and one of them looked into."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mezzotint.cli.data import VERBS
from mezzotint.data.open import SCHEMES
from mezzotint.data.source import Entry, Origin

from .test_commands import run


@pytest.fixture
def doubled(pictures: Path, tmp_path: Path) -> Path:
    """Three scenes, one of them twice, one exactly and once again as a JPEG; a note."""
    folder = tmp_path / "doubled"
    folder.mkdir()
    random = np.random.default_rng(0)
    for name in "abc":
        small = Image.fromarray(random.integers(0, 256, (7, 9, 3), dtype=np.uint8))
        small.resize((96, 64), Image.Resampling.BICUBIC).save(folder / f"{name}.png")
    (folder / "a-copy.png").write_bytes((folder / "a.png").read_bytes())
    with Image.open(folder / "b.png") as image:
        image.save(folder / "b-again.jpg")
    (folder / "note.txt").write_text("not a picture")
    return folder


def test_every_source_is_listed_with_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "data")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    for scheme in SCHEMES.values():
        assert any(line.startswith(scheme.usage) and line.endswith(scheme.help) for line in lines)
        for option, help in scheme.options.items():
            assert any(f"?{option}=" in line and line.endswith(help) for line in lines)


def test_the_list_does_not_wait_for_jax() -> None:
    loaded = "import sys, mezzotint.cli.data as d; d.main([]); print('jax' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "False"


def test_help_names_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "data", "--help")
    assert all(verb in out for verb in VERBS)
    for verb in VERBS:
        code, out, _ = run(capsys, "data", verb, "--help")
        assert code == 0 and "usage" in out


def test_a_look_says_the_verdict_first_and_writes_a_sheet(
    capsys: pytest.CaptureFixture[str], doubled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["data", "inspect", f"folder:{doubled}", "--json", "found.json", "--image-size", "16"]
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == f"folder:{doubled}: 5 pictures usable, 1 left out"
    for said in ("sizes      all 96x64", "formats    PNG RGB 4, JPEG RGB 1", "note.txt: it is not a picture"):
        assert said in out
    assert "1 group exact, 1 group near" in out
    assert "contact-sheet.png: 5 pictures, and below the line 1 pairs" in out
    with Image.open("contact-sheet.png") as sheet:
        assert sheet.size == (52, 34 + 12 + 16)
    found = json.loads(Path("found.json").read_text())
    assert found["version"] == 1 and found["usable"] == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["contact-sheet.png", "doubled", "found.json"]


def test_lists_are_cut_at_the_limit(
    capsys: pytest.CaptureFixture[str], doubled: Path, tmp_path: Path
) -> None:
    for number in range(4):
        (doubled / f"{number}.txt").write_text("not a picture")
    words = ["data", "inspect", f"folder:{doubled}", "--out", str(tmp_path / "sheet.png"), "--limit", "2"]
    _, out, _ = run(capsys, *words)
    assert "left out (5)" in out and "  and 3 more" in out


def test_a_leak_is_said_loudly(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    trained = Entry("one", lambda: picture, 0, "train")
    held = Entry("two", lambda: picture, 1, "validation")
    leaking = Origin("leaking", (trained, held), label_names=("cat", "dog"))
    monkeypatch.setattr("mezzotint.cli.data_inspect.open_origin", lambda _: leaking)
    _, out, _ = run(capsys, "data", "inspect", "fashion", "--out", str(tmp_path / "sheet.png"))
    assert out.splitlines()[1].startswith("LEAK: 1 held-out picture has a double")
    assert "doubles across the splits (1)\n  one (train) = two (validation)" in out
    assert "doubles with different labels (1)\n  one (cat), two (dog)" in out


BAD = {
    "an unknown verb": (["inspekt"], "there is no verb 'inspekt' of data; did you mean inspect"),
    "an unknown source": (["inspect", "fashio"], "did you mean fashion"),
    "a missing folder": (["inspect", "folder:/no/such"], "/no/such"),
    "no split of that name": (["inspect", "fashion:test"], "no split 'test'"),
    "no pictures on the sheet": (["inspect", "fashion", "--count", "0"], "--count must be from 1"),
    "no size": (["inspect", "fashion", "--image-size", "0"], "--image-size must be from 1"),
    "too far": (["inspect", "fashion", "--distance", "9"], "--distance must be from 0 to 8, not 9"),
    "too alike": (["inspect", "fashion", "--likeness", "1.5"], "--likeness must be above 0"),
    "less than nothing": (["inspect", "fashion", "--limit", "-1"], "--limit must be at least 0"),
    "no PNG": (["inspect", "fashion", "--out", "a.jpg"], "--out must be a PNG file, such as a.png"),
}


@pytest.mark.parametrize(("words", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_one_clear_line(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "data", *words)
    assert (code, out) == (2, "")
    assert err.startswith("mezzotint: ") and said in err and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_named(
    capsys: pytest.CaptureFixture[str], doubled: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "sheet.png"
    code, _, err = run(capsys, "data", "inspect", f"folder:{doubled}", "--out", str(out))
    assert code == 2 and "cannot be written" in err and err.count("\n") == 1
