"""What a file's or folder's name alone says: litter, a mask, a container without a finding."""

from __future__ import annotations

import re
import unicodedata

SPLITS = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})

# What network drives, Windows, macOS, notebooks and archives leave behind. Names that begin
# with a dot are hidden and need no row here.
LITTER_FOLDERS = frozenset(
    {
        "@eadir", "#recycle", "@recycle", "@recently-snapshot", "#snapshot", "~snapshot",
        "$recycle.bin", "recycler", "recycled", "$extend", "system volume information",
        "lost+found", "__macosx", "network trash folder", "temporary items", "thumbnails",
        "thumbs", "__pycache__", "node_modules",
    }
)  # fmt: skip
LITTER_FILES = frozenset(
    {"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "dicomdir", "icon\r"}
)
LITTER_PATTERN = re.compile(
    r"~\$.*|synofile_thumb.*|synophoto_thumb.*|found\.\d{3}"
    r"|.*(?:[:\uf03a]zone\.identifier|\.part|\.partial|\.crdownload|\.download|\.tmp|\.lnk|~)",
    re.DOTALL,
)

# Words of which the name of a folder is made that holds films, whatever they show.
CONTAINER_WORDS = frozenset(
    {
        "all", "archive", "chest", "class", "classes", "cxr", "cxrs", "data", "dataset", "datasets",
        "dcm", "dicom", "dicoms", "dir", "file", "files", "film", "films", "folder", "full",
        "image", "images", "img", "imgs", "jpeg", "jpegs", "jpg", "jpgs", "original", "originals",
        "part", "pictures", "picture", "png", "pngs", "processed", "radiographs", "raw", "resized",
        "set", "size", "small", "stage", "xray", "xrays", "x", "ray", "rays",
    }
) | SPLITS  # fmt: skip
# One folder a patient, a study or a series: no finding's name. Long numbers are never one.
NUMBERED_FOLDER = re.compile(
    r"(?:patient|pat|subject|subj|sub|case|study|series|ser|exam|session|visit|p|s|id|pt|ses|st|se|im)"
    r"[-_ #.]*\d[\w.-]*|\d{5,}[\w.-]*|[\d.]{20,}|[0-9a-f]{16,}",
    re.IGNORECASE,
)
COPY_OF = re.compile(r"(?: - copy| - kopie| copy)?(?: ?\(\d+\))?$", re.IGNORECASE)

MASK_WORD = re.compile(r"masks?$")
MASK_FILE = re.compile(r"(.+?)[_\-. ]+(?:lungs?[_\-. ]*)?masks?(?:[_\-. ]*\d{1,2})?", re.IGNORECASE)
# A mask of a half, or of another organ, is not the lungs.
OTHER_ORGANS = re.compile(r"left|right|heart|clavicle|rib|trachea|spine|bone|aorta")
OPACITIES = re.compile(r"infection|lesion|opacity|pneumothorax|consolidation")


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name was left behind by a program: nobody's film."""
    low = name.casefold()
    return (
        low.startswith(".")
        or low in LITTER_FOLDERS
        or low in LITTER_FILES
        or LITTER_PATTERN.fullmatch(low) is not None
    )


def is_split(name: str) -> bool:
    """Whether a folder is named by a part of a split: ``train``, ``Val`` …"""
    return name.strip().casefold() in SPLITS


def is_mask_folder(name: str) -> bool:
    """``masks``, ``lung masks``, ``lungVAE-masks``, ``ManualMask`` …"""
    return MASK_WORD.search(name.strip().casefold()) is not None


def mask_stem(stem: str) -> str:
    """The film's stem that a mask's stem was made from: ``a_mask`` and ``a-lung-mask`` → ``a``."""
    match = MASK_FILE.fullmatch(stem)
    return match[1] if match else stem


def mask_kind(folders: tuple[str, ...]) -> str:
    """``lungs`` or ``opacity``: what masks in these folders outline; ``""`` for other things."""
    low = "/".join(folders).casefold()
    if OTHER_ORGANS.search(low):
        return ""
    return "opacity" if OPACITIES.search(folders[-1].casefold()) else "lungs"


def is_container(name: str) -> bool:
    """Whether a folder's name says nothing of what its films show: ``images_001``, ``train``,
    ``stage_2_train_images``, ``patient00012``, ``study1``."""
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    words = [word for word in re.split(r"[\W_]+", plain) if word and not word.isdigit()]
    if words and all(word.rstrip("0123456789") in CONTAINER_WORDS for word in words):
        return True
    return NUMBERED_FOLDER.fullmatch(plain) is not None


def without_copy(name: str) -> str:
    """``Normal - Copy`` and ``Normal (2)`` are ``Normal``."""
    return COPY_OF.sub("", name.strip()) or name


def folded(name: str) -> str:
    """A name for comparing: file systems differ in capitals and in how accents are written."""
    return unicodedata.normalize("NFC", name).casefold()
