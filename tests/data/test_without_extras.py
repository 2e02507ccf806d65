"""What is said where an extra is not installed."""

import sys

import pytest

from mezzotint.data.open import open_origin
from mezzotint.errors import UserError


@pytest.mark.parametrize(("uri", "module"), [("tfds:mnist", "tensorflow_datasets"), ("hf:mnist", "datasets")])
def test_a_missing_extra_is_named(uri: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UserError, match=rf"pip install 'mezzotint\[{uri.partition(':')[0]}\]'"):
        open_origin(uri)
