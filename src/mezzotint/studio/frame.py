"""The frame that every page stands in: its head, its looks, a title, and sections under headings.

kind, title, summary, {(id, heading): markup} -> HTML
"""

from collections.abc import Mapping
from html import escape
from importlib.resources import files
from string import Template

Sections = Mapping[tuple[str, str], str]  # (id, heading) -> markup


def framed(kind: str, title: str, summary: str, sections: Sections) -> str:
    """A page that needs nothing else.

    Args:
        kind: of page, such as `gallery`.
        title: what it is of.
        summary: one line.
        sections: by identifier and heading, in their order; their markup is not escaped.
    """
    return Template(_resource("frame.html")).substitute(
        style=_resource("style.css"),
        kind=f"a Mezzotint {kind}",
        name=f"Mezzotint {kind}",
        title=escape(title),
        summary=escape(summary),
        sections="\n".join(_section(*named, markup) for named, markup in sections.items()),
    )


def _section(identifier: str, heading: str, markup: str) -> str:
    head = f'<h2 id="{identifier}">{heading}</h2>'
    return f'<section aria-labelledby="{identifier}">\n{head}\n{markup}\n</section>'


def _resource(name: str) -> str:
    return files("mezzotint.studio").joinpath(name).read_text(encoding="utf-8")
