"""run-export, run-import: one finished run as a file, and back."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.command import Command, Outcome, open_default_store, say
from core.privacy import for_the_user
from core.runs.results import finished_run
from core.travel.exporting import export_run
from core.travel.importing import import_run


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="id of a finished run")
    parser.add_argument("file", metavar="FILE.zip", type=Path, help="where to write it")
    parser.add_argument(
        "--no-vectors",
        action="store_true",
        help="leave out what “unlike the training films” goes by: tones of 32 × 32 a film",
    )
    parser.add_argument(
        "--onnx",
        action="store_true",
        help="put the whole network in as ONNX, too, for other programs (half a minute and more)",
    )


def _export(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    onnx = None
    if options.onnx:
        from core.travel.onnx_process import made_onnx

        finished_run(store, options.run, to_be="exported")
        say("Writing the network as ONNX …")
        onnx = made_onnx(store, options.run)
    with for_the_user():
        done = export_run(
            store, options.run, options.file, vectors=not options.no_vectors, onnx=onnx
        )
    for one in done.left_out:
        say(one)
    return Outcome(
        {
            "run": options.run,
            "file": str(done.path),
            "bytes": done.bytes,
            "content": done.table.content,
            "onnx": onnx is not None,
            "left_out": list(done.left_out),
        },
        f"Written: {done.path} ({done.bytes / 1e6:.2f} MB, without films).",
    )


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE.zip", type=Path, help="what run-export wrote")


def _import(options: argparse.Namespace) -> Outcome:
    found = import_run(open_default_store(), options.file, str(options.file))
    run = found.run
    said = f"{run.run_id}: {run.title}" if found.is_new else f"{run.run_id} is here already."
    return Outcome(
        {
            "run": run.run_id,
            "title": run.called,
            "origin": run.origin.kind,
            "licence": run.origin.licence,
            "is_new": found.is_new,
            "can_classify": not found.missing,
            "missing": found.missing,
        },
        "\n".join(filter(None, (said, found.missing))),
    )


COMMANDS = {
    "run-export": Command(_export_arguments, _export),
    "run-import": Command(_import_arguments, _import),
}
