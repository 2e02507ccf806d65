"""What one process tells the others; see tests/training/test_processes.py for processes that train."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mezzotint import processes
from mezzotint.cli import main
from mezzotint.errors import UserError


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Callable:
    """`by_first` as two processes run it, each of which hears what the first has said."""
    monkeypatch.setattr(processes.jax, "process_count", lambda: 2)
    monkeypatch.setattr(processes, "_spread", lambda content: content)
    return processes.by_first


def test_an_error_of_the_system_is_a_line_with_its_file(
    heard: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "missing"
    monkeypatch.setattr(main, "_dispatch", lambda _: heard(missing.read_bytes))
    with pytest.raises(SystemExit) as end:
        main.main(["train"])
    assert end.value.code == 2
    assert capsys.readouterr().err == f"mezzotint: {missing}: No such file or directory\n"


@pytest.mark.parametrize(
    "error", [UserError("mend it"), ValueError("no number"), OSError("in words"), OSError(28, "No space")]
)
def test_every_other_error_is_told_in_its_words(heard: Callable, error: Exception) -> None:
    def work() -> None:
        raise error

    with pytest.raises(type(error)) as told:
        heard(work)
    assert str(told.value) == str(error)
    assert getattr(told.value, "errno", None) == getattr(error, "errno", None)
