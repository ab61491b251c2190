"""card: a run's model card as HTML, PDF or both."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.card.document import ModelCard
from core.card.facts import gather_facts
from core.card.html import to_html
from core.card.pdf import to_pdf
from core.card.sections import model_card
from core.commands.command import Command, Outcome, open_default_store
from core.errors import InputError
from core.privacy import for_the_user


def _card_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="id of a finished run")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write it as one HTML page")
    parser.add_argument("--pdf", metavar="FILE", type=Path, help="write it as a PDF")


def _card(options: argparse.Namespace) -> Outcome:
    if options.html is None and options.pdf is None:
        raise InputError("Say where the card shall go: --html FILE, --pdf FILE, or both.")
    document = model_card(gather_facts(open_default_store(), options.run))
    written = {}
    for kind, path, content in (
        ("html", options.html, _html),
        ("pdf", options.pdf, to_pdf),
    ):
        if path is not None:
            _write(path, content(document))
            written[kind] = str(path)
    return Outcome(
        {"run": options.run, "verdict": document.verdict, **written},
        "\n".join([document.verdict, *(f"Written: {path}" for path in written.values())]),
    )


def _html(document: ModelCard) -> bytes:
    return to_html(document).encode()


def _write(path: Path, content: bytes) -> None:
    try:
        with for_the_user():
            path.write_bytes(content)
    except OSError as error:
        raise InputError(
            f"The card cannot be written to {path} ({error.strerror or error}). "
            "Choose another file."
        ) from error


COMMANDS = {"card": Command(_card_arguments, _card)}
