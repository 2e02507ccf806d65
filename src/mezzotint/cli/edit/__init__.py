"""`mezzotint edit RUN VERB ...`: pictures changed, or made from others, by a run."""

from importlib import import_module
from pathlib import Path

from mezzotint.errors import UserError, nearest

VERBS = {
    "inpaint": "paint a part of a picture anew",
    "img2img": "make other pictures like one",
    "variations": "make neighbours of a picture or of a seed's",
    "interpolate": "go from one picture or seed to another",
    "invert": "find the noise of a picture, and say how well it comes back",
    "upscale": "make a small picture larger",
    "colorize": "give a grey picture colours",
}


def main(arguments: list[str]) -> None:
    """Runs the verb; its help needs no run."""
    run, *words = arguments or ["--help"]
    if run in ("-h", "--help"):
        print(usage())
    elif run in VERBS and words in (["-h"], ["--help"]):
        _run(run, Path("RUN"), words)
    elif not words or words[0].startswith("-"):
        raise UserError(f"say what to do with {run}: mezzotint edit {run} {'|'.join(VERBS)} ...")
    elif words[0] not in VERBS:
        raise UserError(f"there is no verb {words[0]!r} of edit{nearest(words[0], VERBS)}")
    else:
        _run(words[0], Path(run), words[1:])


def _run(verb: str, run: Path, words: list[str]) -> None:
    import_module(f"mezzotint.cli.edit.{verb}").main(run, words)


def usage() -> str:
    """What `mezzotint edit --help` prints."""
    return "\n".join(
        [
            "usage: mezzotint edit RUN VERB ...",
            "",
            "Change pictures, or make others from them, with a run or an exported model.",
            "",
            *(f"  {verb:<14}{help}" for verb, help in VERBS.items()),
            "",
            "`mezzotint edit RUN VERB --help` lists a verb's options, each with its default.",
        ]
    )
