"""backup, restore: a data folder as one file, and back."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.backup.restoring import restore
from core.backup.writing import backup, left_out_sentences
from core.commands.command import Command, Outcome, ProgressLine, open_default_store, say
from core.text import count, listed
from core.workspace import named_workspace

SOME_UNREADABLE = 3


def _backup_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE.zip", type=Path, help="where to write it")
    parser.add_argument(
        "--films",
        action="store_true",
        help="put the films in, too; without, the backup names where they lie",
    )


def _backup(options: argparse.Namespace) -> Outcome:
    done = backup(
        open_default_store(),
        options.file,
        films=options.films,
        progress=ProgressLine("Writing, in bytes"),
    )
    left_out = left_out_sentences(done)
    for one in left_out:
        say(one)
    document = {
        "file": str(done.path),
        "bytes": done.bytes,
        **done.counted,
        "films_included": done.manifest.films,
        "films_only_here": done.only_here,
        "interrupted": list(done.manifest.interrupted),
        "passed_over": list(done.passed_over),
        "left_out": left_out,
    }
    said = (
        f"Written: {done.path} ({done.bytes / 1e6:,.1f} MB; {count(done.counted['runs'], 'run')}, "
        f"{count(done.counted['datasets'], 'data set')}). Keep it as safe as the data folder."
    )
    return Outcome(document, said, SOME_UNREADABLE if done.passed_over else 0)


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE.zip", type=Path, help="what backup wrote")
    parser.add_argument(
        "--into", metavar="DIR", type=Path, help="an empty folder (default: the data folder)"
    )


def _restore(options: argparse.Namespace) -> Outcome:
    into = options.into or named_workspace().root
    done = restore(options.file, into, progress=ProgressLine("Checking and writing, in bytes"))
    document = {
        "data": str(done.root),
        **done.counted,
        "made_at": done.manifest.made_at,
        "films_included": done.manifest.films,
        "films_missing": done.manifest.missing,
        "folders_missing": list(done.gone),
        "interrupted": list(done.manifest.interrupted),
    }
    said = [
        f"Restored into {done.root}: {count(done.counted['runs'], 'run')}, "
        f"{count(done.counted['datasets'], 'data set')}, {count(done.counted['films'], 'film')}."
    ]
    if done.gone:
        said.append(
            f"Films lay in {listed(done.gone, most=3)}, which is not here. Bring the folder back, "
            "or import it from where it is now; results stay."
        )
    return Outcome(document, "\n".join(said))


COMMANDS = {
    "backup": Command(_backup_arguments, _backup),
    "restore": Command(_restore_arguments, _restore),
}
