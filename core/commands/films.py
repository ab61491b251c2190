"""import, phantoms, download and sources: getting films into the catalogue."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from core.commands.command import Command, Outcome, ProgressLine, nothing, open_default_store, table
from core.datasets.download import download_study
from core.datasets.importers.candidate import in_short
from core.datasets.importers.choices import DEFAULT, Choices, columns_from, uncertain_from
from core.datasets.ingest import ImportReport, import_folder, import_zip
from core.datasets.phantom import restore_phantoms
from core.datasets.sample_films import download_samples
from core.errors import InputError

REASONS = 10  # for leaving films out, told in the shell


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a folder or a .zip of films")
    parser.add_argument("--name", help="what to call the source (one PATH only)")
    parser.add_argument(
        "--patient-pattern",
        default="",
        metavar="REGEX",
        help=r"finds the patient in a film's path, for example 'case(\d+)_'",
    )
    parser.add_argument(
        "--table", default="", metavar="FILE", help="go by this table (.csv, .tsv, also .gz)"
    )
    parser.add_argument(
        "--columns",
        default="",
        metavar="KEY=NAME,…",
        help="what the table's columns are: file=…,finding=…,patient=…,view=…,sex=…,age=…,split=…; "
        "several finding=… are one column a finding. Guessed where not given",
    )
    parser.add_argument(
        "--uncertain",
        default="",
        metavar="positive|negative|left-out",
        help="what −1 in the table of CheXpert and its like counts as (default: left-out)",
    )


def _import(options: argparse.Namespace) -> Outcome:
    if options.name and len(options.paths) > 1:
        raise InputError("--name goes with one PATH: several would get the same name.")
    store = open_default_store()
    reports = []
    choices = _choices(options)
    if choices.table and len(options.paths) > 1:
        raise InputError("--table goes with one PATH: it describes the films of one collection.")
    for text in options.paths:
        path = Path(text)
        progress = ProgressLine(path.name)
        if not text.strip():
            raise InputError("Name a folder or a .zip of films.")
        if path.is_file():
            with path.open("rb") as file:
                report = import_zip(
                    store,
                    file,
                    path.name,
                    name=options.name,
                    progress=progress,
                    patient_pattern=options.patient_pattern,
                    choices=choices,
                )
        else:
            report = import_folder(
                store,
                path,
                name=options.name,
                progress=progress,
                patient_pattern=options.patient_pattern,
                choices=choices,
            )
        reports.append(report)
    return _report_outcome(reports)


def _choices(options: argparse.Namespace) -> Choices:
    if options.columns and not options.table:
        raise InputError("--columns goes with --table: say which table has these columns.")
    return Choices(
        uncertain=uncertain_from(options.uncertain) if options.uncertain else DEFAULT.uncertain,
        table=options.table,
        columns=columns_from(options.columns) if options.columns else None,
        said=bool(options.uncertain),
    )


def _report_outcome(reports: list[ImportReport]) -> Outcome:
    by_finding: Counter[str] = Counter()
    by_view: Counter[str] = Counter()
    for one in reports:
        by_finding.update(one.by_finding)
        by_view.update(one.by_view)
    document = {
        "records": sum(one.records for one in reports),
        "added": sum(one.added for one in reports),
        "known": sum(one.known for one in reports),
        "by_finding": dict(by_finding),
        "by_view": dict(by_view),
        "left_out": [
            {"source": one.source, "file": film.file, "reason": film.reason}
            for one in reports
            for film in one.left_out
        ],
        "set_apart": [
            {"source": one.source, **asdict(film)} for one in reports for film in one.set_apart
        ],
        "remarks": [
            {"source": one.source, "file": film.file, "remark": film.reason}
            for one in reports
            for film in one.remarks
        ],
        "unlisted": [
            {"source": one.source, "file": file} for one in reports for file in one.unlisted
        ],
        "notes": [note for one in reports for note in one.notes],
        "sources": [one.as_dict() for one in reports] if len(reports) > 1 else [],
    }
    lines = []
    for one in reports:
        lines.append(
            f"{one.source} ({one.layout}): {one.records:,} looked at, {one.added:,} added, "
            f"{one.known:,} already there, {len(one.left_out):,} left out"
        )
        reasons = Counter(in_short(film.reason) for film in one.left_out)
        lines += [f"  {count:,} × {reason}" for reason, count in reasons.most_common(REASONS)]
        more = reasons.total() - sum(count for _, count in reasons.most_common(REASONS))
        lines += [f"  {more:,} for other reasons; --json has them all"] if more else []
        lines += [f"  {note}" for note in one.notes]
        if one.unlisted:
            lines.append(f"  {len(one.unlisted):,} more in the folder are not described by it")
    return Outcome(document, "\n".join(lines))


def _phantoms(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    restore_phantoms(store)
    count = store.catalogue.count_by_source().get("Phantom films", 0)
    return Outcome({"films": count}, f"{count} phantom films are in the catalogue.")


def _download_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--samples", action="store_true", help="24 free films to try things on, nothing else"
    )


def _download(options: argparse.Namespace) -> Outcome:
    store, progress = open_default_store(), ProgressLine("download")
    if options.samples:
        return _report_outcome([download_samples(store, progress)])
    return _report_outcome(download_study(store, progress))


def _sources(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    films = store.catalogue.count_by_source()
    rows = [
        {
            "source": one.name,
            "layout": one.layout,
            "films": films.get(one.name, 0),
            "artificial": one.artificial,
            "folder": one.root,
        }
        for one in store.catalogue.sources()
    ]
    return Outcome(rows, table(rows))


COMMANDS = {
    "import": Command(_import_arguments, _import),
    "phantoms": Command(nothing, _phantoms),
    "download": Command(_download_arguments, _download),
    "sources": Command(nothing, _sources),
}
