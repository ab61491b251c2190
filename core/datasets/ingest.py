"""Import a collection: read what it says, look into every file, and report on all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from core.datasets import import_report as report_of
from core.datasets.archive import discard_archive, key_of, unpack
from core.datasets.describing import described_films
from core.datasets.dicom_patients import with_header_facts
from core.datasets.duplicates import reasons_to_leave_out
from core.datasets.importers import (
    Candidate,
    Choices,
    Found,
    any_table,
    detect_layout,
    unlisted,
)
from core.datasets.importers.choices import DEFAULT
from core.datasets.kept_looks import forget_looks, keeping_looks
from core.datasets.known_films import (
    bring_up_to_date,
    follow_renamed,
    known_now,
    name_patients,
    replaced_by,
    set_apart_again,
)
from core.datasets.looked import Looked
from core.datasets.looking import is_text, look_into, looked_again, name_as_text
from core.datasets.on_disk import OnDisk
from core.datasets.patients import PatientFinder, patient_finder
from core.datasets.uploads import importing
from core.errors import InputError
from core.images.emptiness import NOISE
from core.images.header_facts import NO_FACTS
from core.people.asking import asks
from core.people.roles import Deed
from core.progress import NamedProgress
from core.store import Film, ImportReport, LeftOut, SetApart, Source, Store
from core.text import count

__all__ = ["ImportReport", "LeftOut", "SetApart", "import_folder", "import_zip"]


LONGEST_NAME = 80


@asks(Deed.IMPORT)
def import_folder(
    store: Store,
    path: str | Path,
    *,
    name: str | None = None,
    patient_pattern: str = "",
    choices: Choices = DEFAULT,
    progress: NamedProgress | None = None,
) -> ImportReport:
    """Import the collection in a folder; the films stay where they are.

    The same folder again adds only what is new in it, under the name it has. ``name``:
    the source's name, by default the folder's. ``patient_pattern``: a regular expression that
    finds the patient in a film's path, see ``core.datasets.patients``. ``choices``: which table
    and columns to go by, and what uncertain means; by default those of the last import.
    ``progress(done, total, file)`` is called from this thread. Raises InputError when the
    folder holds no known layout, or when the name is taken.
    """
    find = patient_finder(patient_pattern) if patient_pattern else None
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise InputError(f"{folder} {what}. Give the folder that holds the films.")
    if not is_text(str(folder)):
        raise InputError(
            f"{name_as_text(str(folder))} is not text in this system's encoding. Rename it."
        )
    choices = _as_before(store, folder, choices)
    found = detect_layout(folder, choices=choices)
    source = _source_for(store, found, name)
    report = _import(store, source, found, choices, find, progress)
    store.deeds.note(imported_words(report))
    return report


@asks(Deed.IMPORT)
def import_zip(
    store: Store,
    file: BinaryIO,
    filename: str,
    *,
    name: str | None = None,
    patient_pattern: str = "",
    choices: Choices = DEFAULT,
    progress: NamedProgress | None = None,
) -> ImportReport:
    """Unpack an archive into the workspace and import it; the same one again changes nothing.

    ``file`` must be seekable. Raises InputError for anything that is no harmless zip of a
    known layout; then nothing of it stays on disk.
    """
    find = patient_finder(patient_pattern) if patient_pattern else None
    key = key_of(file)
    with importing(store.workspace, key):
        folder, fresh = unpack(store.workspace, file, filename, progress)
        try:
            choices = _as_before(store, folder, choices)
            found = detect_layout(folder, filename, choices)
            source = _source_for(store, found, name or Path(filename).stem)
            report = _import(store, source, found, choices, find, progress)
        except BaseException:
            if fresh:
                discard_archive(folder)
            raise
        if fresh and not report.added and not report.known:
            discard_archive(folder)  # every film of it is kept elsewhere, or unreadable
    store.deeds.note(imported_words(report))
    return report


def imported_words(report: ImportReport) -> str:
    """That films were imported, for the list of what was done."""
    return f"imported {count(report.added, 'film')} into “{report.source}”"


def _source_for(store: Store, found: Found, name: str | None) -> Source:
    root = str(found.root)
    known = store.catalogue.source_at(root)
    if known:
        return known
    taken = {source.name: source.root for source in store.catalogue.sources()}
    chosen = " ".join((name if name is not None else found.root.name).split())
    if not chosen or len(chosen) > LONGEST_NAME or not chosen.isprintable():
        raise InputError(f"A source needs a name of 1 to {LONGEST_NAME} printable characters.")
    if chosen in taken:
        raise InputError(
            f"The name “{chosen}” already stands for {taken[chosen]}. "
            "Give this import another name."
        )
    return Source(chosen, found.layout.NAME, root, artificial=found.layout.NAME == "phantom")


def _as_before(store: Store, folder: Path, choices: Choices) -> Choices:
    """What was not said this time is as in the last import of the same folder."""
    known = store.catalogue.source_at(str(folder))
    kept = known.report.choices if known and known.report else None
    if kept is None:
        return choices
    before = Choices.of(kept)
    if not choices.said:
        choices = replace(choices, uncertain=before.uncertain, said=True)
    if not choices.table:
        choices = replace(choices, table=before.table, columns=before.columns)
    return choices


def _import(
    store: Store,
    source: Source,
    found: Found,
    choices: Choices,
    find: PatientFinder | None,
    progress: NamedProgress | None,
) -> ImportReport:
    choices = _as_before(store, found.root, choices)
    if found.layout.NAME == any_table.NAME:
        choices = any_table.settled(found.tree, choices)
    candidates, written = described_films(store, found, choices, find)
    as_of, known = store.catalogue.version(), known_now(store, source)
    with keeping_looks(store.workspace, found.root) as kept_looks:
        looked_at = OnDisk[tuple[Candidate, Looked]](store.workspace.importing)
        for pair in look_into(store.workspace, candidates, known, kept_looks):
            looked_at.append(pair)
            if progress is not None:
                progress(len(looked_at), len(candidates), name_as_text(pair[0].file))
    if store.catalogue.version() != as_of:  # meanwhile others may have imported or removed films
        known = known_now(store, source)
        again = looked_again(store.workspace, looked_at, known)
        looked_at = OnDisk(store.workspace.importing, again)
    if any(looked.facts != NO_FACTS for _, looked in looked_at):
        looked_at = OnDisk(store.workspace.importing, with_header_facts(looked_at))
    labels = store.catalogue.finding_of_each(
        looked.film_id for _, looked in looked_at if looked.film_id in known
    )
    reasons = list(reasons_to_leave_out(source, looked_at, known, labels))
    films = OnDisk[Film](store.workspace.importing)
    left_out, remarks = [], []
    for (one, looked), reason in zip(looked_at, reasons, strict=True):
        if reason:
            left_out.append(LeftOut(name_as_text(one.file), reason))
        else:
            films.append(_film(source, one, looked))
            remarks += [LeftOut(name_as_text(one.file), one.remark)] if one.remark else []
    empty = _set_apart(source, films, looked_at)
    there = OnDisk(store.workspace.importing, (one for one in films if one.film_id in known))
    follow_renamed(store, films, known)
    name_patients(store, there, find is not None)
    apart = {
        **store.catalogue.set_apart_in(source.name),
        **{film_id: why for film_id, why in empty.items() if film_id not in known},
    }
    updated = bring_up_to_date(store, there)
    films_apart = set_apart_again(store, source.name, looked_at, reasons, known)
    apart = {film_id: reason for film_id, reason in apart.items() if film_id not in films_apart}
    replaced = replaced_by(films, known)
    files = {film.film_id: _below(film.path, found.root) for film in films if film.film_id in apart}
    report = ImportReport(
        source=source.name,
        layout=found.layout.NAME,
        records=len(candidates),
        added=len(films) - len(there),
        known=len(there),
        by_finding=report_of.films_by_finding(films),
        by_view=dict(Counter(film.view for film in films).most_common()),
        left_out=tuple(left_out),
        unlisted=tuple(name_as_text(name) for name in unlisted(found.tree, candidates)),
        set_apart=tuple(
            SetApart(film_id, files[film_id], reason)
            for film_id, reason in apart.items()
            if film_id in files
        ),
        remarks=tuple(remarks),
        notes=(
            *report_of.notes_on_table(found, choices, films),
            *report_of.notes_on_films(films, left_out),
            *report_of.notes_on_empty(empty, looked_at),
            *report_of.notes_on_rows(left_out, remarks),
            *report_of.note_on_spellings(written),
            *report_of.notes_on_tree(found.tree, candidates),
            *report_of.notes_on_updated(updated),
            *report_of.notes_on_replaced(len(replaced)),
        ),
    )
    if films:  # a source without a film would only clutter every list of sources
        kept = report.to_keep(choices.as_dict())
        fresh = (
            replace(film, set_apart=empty[film.film_id]) if film.film_id in empty else film
            for film in films
            if film.film_id not in known
        )
        store.catalogue.save_source(
            replace(source, layout=report.layout, report=kept, imported_at=""), fresh, replaced
        )
    forget_looks(store.workspace, found.root)
    return report


def _set_apart(
    source: Source, films: OnDisk[Film], looked_at: Iterable[tuple[Candidate, Looked]]
) -> dict[str, str]:
    """film_id → why it shows hardly anything, for the new ones.

    Where every film of a collection looks like noise, the measure does not fit it: nothing
    tells a film that does not belong from the others, and the notes say so instead.
    """
    if source.artificial:
        return {}
    found = {looked.film_id: looked.empty for _, looked in looked_at if looked.empty}
    there = {film.film_id for film in films if film.film_id in found}
    found = {film_id: why for film_id, why in found.items() if film_id in there}
    if set(found.values()) == {NOISE} and len(found) == len(films):
        return {}
    return found


def _below(path: str, root: Path) -> str:
    """The film's name below the collection's top."""
    try:
        return name_as_text(Path(path).relative_to(root).as_posix())
    except ValueError:
        return name_as_text(Path(path).name)


def _film(source: Source, one: Candidate, looked: Looked) -> Film:
    return Film(
        film_id=looked.film_id,
        source=source.name,
        path=str(one.path),
        patient=f"{source.name}/{one.patient}" if one.patient else "",
        finding=one.finding,
        finding_original=one.finding_original,
        view=one.view,
        view_original=one.view_original,
        sex=one.sex,
        age=one.age,
        source_split=one.source_split,
        width=looked.width,
        height=looked.height,
        masks=one.masks,
        metadata=one.metadata,
    )
