"""What an import says at its end: counts, what was left out or set apart, and notes in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from core.datasets.importers import (
    WORKBOOKS,
    Candidate,
    Choices,
    Found,
    Tree,
    any_table,
    folders,
)
from core.datasets.importers.candidate import TWO_CLASSES, UNCERTAIN, in_short
from core.datasets.label_map import UNKNOWN, findings_of
from core.datasets.looked import Looked
from core.datasets.looking import name_as_text
from core.images.emptiness import NOISE
from core.store import Film, LeftOut
from core.text import count, listed

FEW = 3  # names told in a sentence
MANY_FOLDERS = 6  # class folders from which on they may be patients,
SPARSE = 3  # with so few films each


def films_by_finding(films: Collection[Film]) -> dict[str, int]:
    """Finding → its films, most frequent first; a film with two counts for both."""
    return dict(Counter(one for film in films for one in findings_of(film.finding)).most_common())


def notes_on_films(films: Collection[Film], left_out: Sequence[LeftOut]) -> list[str]:
    """What is not known of the films that came in, before somebody finds out later; or why
    none did."""
    if left_out and not films:
        reasons = Counter(in_short(one.reason) for one in left_out).most_common()
        told = listed([f"{reason} ({number:,})" for reason, number in reasons], most=FEW)
        return [f"No film came in: {told}."]
    notes = []
    silent = sum(film.finding == UNKNOWN for film in films)
    if silent == len(films) and films:
        whole = "The film has no finding" if silent == 1 else f"None of the {silent:,} films has a "
        notes.append(f"{whole.removesuffix(' a ')}{'' if silent == 1 else ' a finding'}.")
    elif silent:
        notes.append(f"{silent:,} of the {count(len(films), 'film')} have no finding.")
    strangers = sum(not film.patient for film in films)
    if strangers:
        notes.append(f"Patients are not known for {count(strangers, 'film')}.")
    return notes


def notes_on_tree(tree: Tree, candidates: Iterable[Candidate]) -> list[str]:
    """What lies beside the films: masks, second copies, litter."""
    notes = [
        f"“{folder}” is a second copy of this collection inside itself; its "
        f"{count(files, 'file')} were left out."
        for folder, files in tree.copies
    ]
    if tree.masks:
        used = {mask for one in candidates for mask in one.masks.values()} & {
            str(tree.path(name)) for name in tree.masks
        }
        serve = f"; {len(used):,} of them go with their films" if used else ""
        verb = "was" if len(tree.masks) == 1 else "were"
        notes.append(f"{count(len(tree.masks), 'mask')} {verb} left out of the films{serve}.")
    if tree.litter:
        shown = list(dict.fromkeys(name.rsplit("/", 1)[-1] for name in tree.litter))
        notes.append(
            f"{count(len(tree.litter), 'file or folder', 'files and folders')} that other programs "
            f"leave behind passed over: {listed(shown, most=FEW)}."
        )
    return notes


def notes_on_rows(left_out: Sequence[LeftOut], remarks: Sequence[LeftOut]) -> list[str]:
    """What was left out for a reason that the user can do something about; remarks, counted."""
    reasons = Counter(in_short(one.reason) for one in left_out)
    notes = []
    if reasons[TWO_CLASSES]:
        notes.append(
            f"{count(reasons[TWO_CLASSES], 'file')} left out because the same film stands in two "
            "classes: nobody can tell which is right."
        )
    if reasons[UNCERTAIN]:
        notes.append(
            f"{count(reasons[UNCERTAIN], 'film')} left out because a finding is uncertain (−1). "
            "Import again and choose “positive” or “negative” to have them in."
        )
    told = Counter(in_short(one.reason) for one in remarks)
    return notes + [f"{count(number, 'film')}: {reason}." for reason, number in told.items()]


def note_on_spellings(written: Mapping[str, Collection[str]]) -> list[str]:
    """``written``: finding as shown → the ways in which it was written in this import."""
    several = {shown: ways for shown, ways in written.items() if len(ways) > 1}
    if not several:
        return []
    told = [
        f"{shown} ({', '.join(sorted(set(ways) - {shown})[:FEW])})"
        for shown, ways in sorted(several.items())
    ]
    return [f"Written in several ways, and one finding each: {listed(told, most=FEW)}."]


def notes_on_empty(
    empty: Mapping[str, str], looked_at: Iterable[tuple[Candidate, Looked]]
) -> list[str]:
    if empty:
        verb = "shows" if len(empty) == 1 else "show"
        return [f"{count(len(empty), 'film')} {verb} hardly anything: set apart, not used."]
    noisy = sum(looked.empty == NOISE for _, looked in looked_at)
    if noisy:
        return [f"All of the {count(noisy, 'new film')} look like noise. Look at them in Explore."]
    return []


def notes_on_updated(updated: int) -> list[str]:
    if not updated:
        return []
    return [f"What the source says of {count(updated, 'film')} has changed, and was taken over."]


def notes_on_replaced(replaced: int) -> list[str]:
    if not replaced:
        return []
    return [
        f"{count(replaced, 'film')} had another file in its place since the last import: the old "
        "one is no longer in the catalogue, and data sets that hold it say so."
        if replaced == 1
        else f"{count(replaced, 'film')} had other files in their places since the last import: "
        "the old ones are no longer in the catalogue, and data sets that hold them say so."
    ]


def notes_on_table(found: Found, choices: Choices, films: Collection[Film]) -> list[str]:
    """How a table was read; or, of class folders, that a table beside them may say more."""
    if found.layout.NAME == any_table.NAME and choices.columns is not None:
        read = any_table.read_together(found.tree, choices.table)
        told = listed([name_as_text(Path(one).name if len(read) == 1 else one) for one in read])
        verb = "was" if len(read) == 1 else "were"
        notes = [f"{told} {verb} read as {choices.columns.in_words()}."]
        others = [one for one in any_table.tables_beside(found.tree) if one not in read]
        if others:
            notes.append(
                f"{listed(list(map(name_as_text, others)), most=FEW)} "
                f"{'names' if len(others) == 1 else 'name'} films too, and "
                f"{'was' if len(others) == 1 else 'were'} not read. Choose another table "
                "(--table in the shell) to go by it instead."
            )
        return notes
    if found.layout.NAME != folders.NAME:
        return []
    beside = any_table.tables_beside(found.tree)
    if beside:
        return [
            f"The table {name_as_text(beside[0])} names these films too. To go by it instead of "
            "the folders, choose its columns (--table in the shell)."
        ]
    if not all(film.finding == UNKNOWN for film in films):
        return _note_on_many_folders(films)
    if found.tree.all_tables:
        some = listed(list(map(name_as_text, found.tree.all_tables)), most=FEW)
        return [f"If {some} says what the films show, choose its columns (--table in the shell)."]
    books = [name for name in found.tree.files if name.casefold().endswith(WORKBOOKS)]
    if books:
        return [
            f"If {name_as_text(books[0])} says what the films show, save it as CSV and import "
            "again."
        ]
    return []


def _note_on_many_folders(films: Collection[Film]) -> list[str]:
    """Where nearly every folder holds a film or two, its name is hardly a finding's."""
    findings = films_by_finding(films)
    if len(findings) < MANY_FOLDERS or len(films) > SPARSE * len(findings):
        return []
    return [
        f"Each folder counts as a finding: {len(findings):,} of them for {len(films):,} films. If "
        "the folders are patients or studies, say what the films show with a table of them."
    ]
