"""A browser that uses a page that paints: Debian's Chromium, driven by Playwright from npm."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENOTCACHED")

needs_browser = pytest.mark.skipif(
    shutil.which("npm") is None or not Path(CHROMIUM).exists(), reason="there is no npm, or no Chromium"
)


def browse(address: str, references: list[dict[str, Any]], folder: Path, driver: Path) -> dict[str, Any]:
    """Uses a page in every way, and says what was measured.

    Args:
        address: of the HTML file, or of the folder that a server has it in.
        references: pictures to compare with: noise, picture, steps, sampler, label.
        folder: for screenshots.
        driver: what `installed` made of `browser/`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked = folder / "references.json"
    asked.write_text(json.dumps(references))
    return driven(driver / "browse.mjs", address, asked, folder)


def driven(script: Path, *arguments: Path | str) -> dict[str, Any]:
    """What a script of `browser/` prints."""
    command = ["node", str(script), *map(str, arguments)]
    environment = {**os.environ, "CHROMIUM": CHROMIUM}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Server(SimpleHTTPRequestHandler):
    """`python -m http.server` without its log."""

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


class Isolating(Server):
    """One that isolates its pages from other origins, so that they get threads."""

    def end_headers(self) -> None:
        """Adds what isolates."""
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()


@contextmanager
def served(folder: Path, handler: type[Server] = Server) -> Iterator[str]:
    """The address of a folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


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
