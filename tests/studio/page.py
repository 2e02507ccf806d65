"""A page as a test reads it: parsed, with every tag closed, its pictures opened."""

import io
from base64 import b64decode
from dataclasses import dataclass, field
from html.parser import HTMLParser

from PIL import Image

VOID = {"br", "hr", "img", "input", "link", "meta"}
PNG = "data:image/png;base64,"


@dataclass(frozen=True)
class Tag:
    """An opening tag, and the text directly in it."""

    name: str
    attributes: dict[str, str]
    inside: tuple[str, ...]
    text: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """The tags of a page; an `AssertionError` for one that is not closed where it should be."""

    def __init__(self, html: str) -> None:
        """Reads a whole page."""
        super().__init__(convert_charrefs=True)
        self.tags: list[Tag] = []
        self._open: list[Tag] = []
        self.feed(html)
        self.close()
        assert not self._open, f"never closed: {[tag.name for tag in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens a tag."""
        inside = tuple(each.name for each in self._open)
        self.tags.append(Tag(tag, {name: value or "" for name, value in attrs}, inside))
        if tag not in VOID:
            self._open.append(self.tags[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that closes itself: only inside an SVG."""
        self.handle_starttag(tag, attrs)
        assert "svg" in self.tags[-1].inside, f"<{tag}/> is no HTML"
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Closes the newest tag."""
        assert self._open and self._open[-1].name == tag, f"</{tag}> closes nothing"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Gives text to the newest tag."""
        if self._open:
            self._open[-1].text.append(data)

    def all(self, name: str) -> list[Tag]:
        """The tags of a name."""
        return [tag for tag in self.tags if tag.name == name]

    def text(self, name: str) -> list[str]:
        """The texts directly in the tags of a name."""
        return ["".join(tag.text) for tag in self.all(name)]

    def of_class(self, name: str) -> list[Tag]:
        """The tags of a class."""
        return [tag for tag in self.tags if name in tag.attributes.get("class", "").split()]


def picture(tag: Tag) -> Image.Image:
    """The picture that an <img> carries."""
    source = tag.attributes["src"]
    assert source.startswith(PNG)
    opened = Image.open(io.BytesIO(b64decode(source.removeprefix(PNG), validate=True)))
    opened.load()
    return opened
