"""`mezzotint data`: the sources with their options; `mezzotint data VERB ...`: work on pictures."""

from importlib import import_module

from mezzotint.data.open import SCHEMES
from mezzotint.errors import UserError, nearest

VERBS = {
    "inspect": "what a source holds: counts, sizes, formats, duplicates, and a contact sheet",
    "prepare": "decode a large source once, at the training size, for many runs",
}


def main(arguments: list[str]) -> None:
    """Lists the sources, or runs the verb."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(usage() if arguments else sources())
    elif arguments[0] in VERBS:
        import_module(f"mezzotint.cli.data_{arguments[0]}").main(arguments[1:])
    else:
        raise UserError(f"there is no verb {arguments[0]!r} of data{nearest(arguments[0], VERBS)}")


def sources() -> str:
    """What `mezzotint data` prints: each source as it is written, with its options below it."""
    lines: list[tuple[str, str]] = []
    for scheme in SCHEMES.values():
        lines.append((scheme.usage, scheme.help))
        lines += [(f"  ?{name}=", help) for name, help in scheme.options.items()]
    return "\n".join(_aligned(lines))


def usage() -> str:
    """What `mezzotint data --help` prints."""
    return "\n".join(
        [
            "usage: mezzotint data [VERB ...]",
            "",
            "Without a verb, list the sources: what --data takes.",
            "",
            *(f"  {line}" for line in _aligned(list(VERBS.items()))),
            "",
            "`mezzotint data VERB --help` lists a verb's options, each with its default.",
        ]
    )


def _aligned(lines: list[tuple[str, str]]) -> list[str]:
    width = max(len(left) for left, _ in lines) + 3
    return [f"{left:<{width}}{right}" for left, right in lines]
