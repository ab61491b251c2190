"""Names that people give, in any script: what they may hold, when two are the same, and what
they are called on a disk."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

# No file system of Windows takes them, and no name needs them.
FORBIDDEN = '/\\:*?"<>|'
# Persian and the scripts of India need them inside words; alone they cannot be seen.
JOINERS = "\u200c\u200d"
# Letters by the Unicode table, and nothing to be seen.
BLANK = "\u115f\u1160\u2800\u3164\uffa0"
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
LONGEST_ON_DISK = 200  # bytes; file systems take 255, and an ending has to go behind


def tidy(name: str) -> str:
    """The name in Unicode's composed form, blanks of any kind as single spaces."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", name)).strip()


def objection(name: str, longest: int) -> str:
    """Why a tidy name cannot be used, as part of a sentence; empty where it can."""
    if not name:
        return f"choose a name of 1 to {longest} letters"
    if len(name) > longest:
        return f"use at most {longest} letters"
    for sign in name:
        if sign in FORBIDDEN:
            return f"use letters and digits of any script; a name cannot hold “{sign}”"
        if (not sign.isprintable() and sign not in JOINERS) or sign in BLANK:
            return (
                "use letters and digits of any script; there is a sign in the name that cannot "
                f"be seen (U+{ord(sign):04X})"
            )
    if unicodedata.category(name[0])[0] not in "LN":
        return "start with a letter or a digit, of any script"
    return ""


def name_key(name: str) -> str:
    """The same text for names that people take for the same: capitals, the width of letters
    and what cannot be seen make no difference."""
    plain = "".join(one for one in name if one not in JOINERS and not "\ufe00" <= one <= "\ufe0f")
    folded = unicodedata.normalize("NFKC", tidy(plain)).casefold()
    return unicodedata.normalize("NFKC", folded)


def from_text(text: str, longest: int) -> str:
    """A name made of any text: what a name cannot hold becomes a space; may be empty."""
    kept = (
        one
        if one in " ._-" or (unicodedata.category(one)[0] in "LMN" and one not in BLANK)
        else " "
        for one in text
    )
    plain = tidy("".join(kept)).lstrip(" ._-")
    while plain and unicodedata.category(plain[0])[0] not in "LN":
        plain = plain[1:].lstrip(" ._-")
    return plain[:longest].rstrip(" ._-")


def _is_word(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LMN" and sign not in BLANK


def on_disk(name: str, *, ending: str = "", otherwise: str = "film") -> str:
    """``name`` with ``ending`` as a file name that every file system takes; letters of any
    script stay. ``otherwise``: what it is called when nothing is left."""
    plain = unicodedata.normalize("NFC", name)
    plain = "".join(
        "_" if one in FORBIDDEN or not (one.isprintable() or one in JOINERS) else one
        for one in plain
    )
    plain = plain.strip(" .") or otherwise
    if RESERVED.match(plain):  # Windows takes CON.png for the console
        stem, dot, rest = plain.partition(".")
        plain = f"{stem.rstrip()}_{dot}{rest}"
    return _shortened(plain, LONGEST_ON_DISK).rstrip(" .") + ending


def folders_of(names: Iterable[str]) -> list[str]:
    """A folder for each name, in order: no two are the same on any file system."""
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        folder = plain = on_disk(name, otherwise="class")
        number = 2
        while name_key(folder) in taken:
            folder, number = f"{plain} ({number})", number + 1
        taken.add(name_key(folder))
        found.append(folder)
    return found


def file_of(name: str, ending: str) -> str:
    """A file for ``name``, another one for every other name: with a part of its hash where
    the name itself does not do."""
    plain = on_disk(name, otherwise="data set")
    if plain != name:
        plain += "-" + hashlib.sha256(name.encode(errors="replace")).hexdigest()[:8]
    return plain + ending


def _shortened(text: str, most: int) -> str:
    """Cut to ``most`` bytes of UTF-8 before the ending of a file name, at a whole letter."""
    stem, dot, suffix = text.rpartition(".")
    if not stem or len(suffix.encode()) > 16:
        stem, dot, suffix = text, "", ""
    room = most - len((dot + suffix).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + suffix
