"""A browser that uses a page that paints: Debian's Chromium, driven by Playwright from npm."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENOTCACHED")

needs_browser = pytest.mark.skipif(
    shutil.which("npm") is None or not Path(CHROMIUM).exists(), reason="there is no npm, or no Chromium"
)


def browse(page: Path, references: list[dict[str, Any]], folder: Path, driver: Path) -> dict[str, Any]:
    """Uses a page in every way, and says what was measured.

    Args:
        page: the HTML file.
        references: pictures to compare with: noise, picture, steps, sampler, label.
        folder: for screenshots.
        driver: what `installed` made of `browser/`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked = folder / "references.json"
    asked.write_text(json.dumps(references))
    return driven(driver / "browse.mjs", page, asked, folder)


def driven(script: Path, *arguments: Path | str) -> dict[str, Any]:
    """What a script of `browser/` prints."""
    command = ["node", str(script), *map(str, arguments)]
    environment = {**os.environ, "CHROMIUM": CHROMIUM}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def installed(source: Path, folder: Path) -> Path:
    """A copy of a folder with what its lock file pins; skips where npm's registry cannot be reached."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    skip_offline(done.stderr)
    assert done.returncode == 0, done.stderr
    return folder


def skip_offline(said: str) -> None:
    """Skips where npm said that there is no network."""
    if any(word in said for word in OFFLINE):
        pytest.skip("npm's registry cannot be reached")
