"""What a file's or folder's name alone says: litter, a mask, a container without a finding."""

from __future__ import annotations

import re
import unicodedata

SPLITS = frozenset(
    {
        "train", "training", "val", "valid", "validation", "test", "testing", "trn", "tst", "dev",
        "eval", "evaluation", "holdout", "entrenamiento", "prueba", "pruebas", "validación",
        "validacion", "treino", "teste", "validação", "entraînement", "entrainement",
        "валидация", "тест", "训练", "训练集", "验证", "验证集", "测试", "测试集", "訓練", "検証",
        "テスト",
    }
)  # fmt: skip
SPLIT_JOINED = re.compile(
    r"(train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?)(?:data(?:sets?)?|sets?|images?|imgs?)"
)

# What network drives, Windows, macOS, notebooks and archives leave behind. Names that begin
# with a dot are hidden and need no row here.
LITTER_FOLDERS = frozenset(
    {
        "@eadir", "#recycle", "@recycle", "@recently-snapshot", "#snapshot", "~snapshot",
        "$recycle.bin", "recycler", "recycled", "$extend", "system volume information",
        "lost+found", "__macosx", "network trash folder", "temporary items", "thumbnails",
        "thumbs", "thumbnail", "thumbnail_cache", "recycle bin", "__pycache__", "node_modules",
        "checkpoints", "venv", "site-packages",
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
        "all", "archive", "augmented", "chest", "class", "classes", "cv", "cxr", "cxrs", "data",
        "dataset", "datasets", "dcm", "dicom", "dicoms", "dir", "file", "files", "film", "films",
        "fold", "folder", "folds", "full", "image", "images", "img", "imgs", "jpeg", "jpegs", "jpg",
        "jpgs", "kfold", "original", "originals", "part", "pictures", "picture", "png", "pngs",
        "processed", "radiographs", "raw", "resized", "set", "size", "small", "split", "splits",
        "stage", "xray", "xrays", "x", "ray", "rays",
    }
) | SPLITS  # fmt: skip
# One folder a patient, a study, a series, a day or a hospital: no finding's name. Long numbers
# and the ids that databases give are never one.
NUMBERED_FOLDER = re.compile(
    r"(?:patient|pat|subject|subj|sub|case|study|series|ser|exam|session|visit|p|s|id|pt|ses|st|se|im)"
    r"[-_ #.]*\d[\w.-]*|\d{5,}[\w.-]*|[\d.]{20,}|[0-9a-f]{16,}"
    r"|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}|[0-9a-f]{8}(?:-[0-9a-f]{4,12}){1,4}"
    r"|(?:19|20)\d\d(?:[-_. ]\d{1,2}){0,2}|\d{1,2}[-_. ]\d{1,2}[-_. ](?:19|20)?\d\d"
    r"|(?:hospital|clinic|klinik|site|cent(?:er|re)|institution|scanner|ward|batch)[-_ #.]*\w{1,3}",
    re.IGNORECASE,
)
FOLD = re.compile(r"(?:k?folds?|cv|splits?)[\W_]*\d+", re.IGNORECASE)
# Nobody calls a folder so that holds something other than a class.
CLASS_FOLDER = re.compile(r"class(?:es)?[\W_]*\w{1,2}")
COPY_OF = re.compile(
    r"(?:[ _-]+(?:copy|kopie|copia|copie)(?:[ _-]*\d+)?)?(?: ?\(\d+\))?$", re.IGNORECASE
)
COPIED_FROM = re.compile(r"(?:copy of|kopie von|copia de|copie de) +", re.IGNORECASE)

MASK_WORD = re.compile(r"masks?$")
# Such folders hold masks where their files are named like the films beside them.
OUTLINES = re.compile(
    r"(?:.*[\W_])?(?:segmentations?|segs?|gt|ground[\W_]*truths?|labels?|annotations?|contours?)"
)
OUTLINES_OF_ANYTHING = re.compile(r"(?:.*[\W_])?(?:gt|truths?|labels?|annotations?)")
MASK_HINT = re.compile(r"mask|seg|gt|truth", re.IGNORECASE)
MASK_FILE = re.compile(
    r"(.+?)(?:[_\-. ]*(?:lungs?[_\-. ]*)?masks?(?:[_\-. ]*\d{1,2})?"
    r"|[_\-. ]+(?:lungs?[_\-. ]*)?(?:segmentations?|segs?|gt|ground[_\-. ]*truth))",
    re.IGNORECASE,
)
MASK_OF = re.compile(
    r"(?:lungs?[_\-. ]*)?(?:masks?|segmentations?|segs?|gt)[_\-. ]+(.+)", re.IGNORECASE
)
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
    return _plain(name) in SPLITS


def split_of(name: str) -> str:
    """The part of a split in a folder's or table's name: ``TrainData``, ``training_set`` and
    ``train-80`` as well; ``""`` where there is none, or another word beside it."""
    plain = _plain(name)
    if plain in SPLITS:
        return plain
    joined = SPLIT_JOINED.fullmatch(plain)
    if joined:
        return joined[1]
    words = words_of(name)
    found = [word for word in words if word in SPLITS]
    return found[0] if found and all(word in CONTAINER_WORDS for word in words) else ""


def is_part(name: str) -> bool:
    """Whether folders of this name divide a collection without saying what films show: parts of
    a split, folds, patients, days, hospitals."""
    plain = _plain(name)
    return bool(split_of(name) or FOLD.fullmatch(plain) or NUMBERED_FOLDER.fullmatch(plain))


def is_mask_folder(name: str) -> bool:
    """``masks``, ``lung masks``, ``lungVAE-masks``, ``ManualMask`` …"""
    return MASK_WORD.search(name.strip().casefold()) is not None


def may_hold_outlines(name: str) -> bool:
    """``lung_segmentation``, ``GT``, ``labels``: masks, or films of whatever was outlined."""
    return OUTLINES.fullmatch(name.strip().casefold()) is not None


def mask_stem(stem: str) -> str:
    """The film that a mask is named after: ``a_mask``, ``mask-a`` and ``a_seg`` → ``a``."""
    if not MASK_HINT.search(stem):
        return stem  # of a hundred thousand names nearly all: the patterns below take their time
    match = MASK_FILE.fullmatch(stem) or MASK_OF.fullmatch(stem)
    return match[1] if match else stem


def mask_kind(folders: tuple[str, ...]) -> str:
    """``lungs`` or ``opacity``: what masks in these folders outline; ``""`` for other things."""
    low = "/".join(folders).casefold()
    if OTHER_ORGANS.search(low) or OUTLINES_OF_ANYTHING.fullmatch(folders[-1].casefold()):
        return ""
    return "opacity" if OPACITIES.search(folders[-1].casefold()) else "lungs"


def is_container(name: str) -> bool:
    """Whether a folder's name says nothing of what its films show: ``images_001``, ``train``,
    ``stage_2_train_images``, ``patient00012``, ``study1``."""
    plain = _plain(name)
    if CLASS_FOLDER.fullmatch(plain):
        return False
    if split_of(name) or FOLD.fullmatch(plain) or NUMBERED_FOLDER.fullmatch(plain):
        return True
    words = words_of(name)
    return bool(words) and all(word in CONTAINER_WORDS for word in words)


def without_copy(name: str) -> str:
    """``Normal - Copy``, ``Copy of Normal`` and ``Normal (2)`` are ``Normal``."""
    plain = name.strip()
    start = COPIED_FROM.match(plain)
    return COPY_OF.sub("", plain[start.end() :] if start else plain) or name


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def words_of(name: str) -> list[str]:
    """The words of a name in small letters, without numbers: ``All247Images`` has two."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", name))
    return [word for word in re.split(r"[\W\d_]+", apart.casefold()) if word]


def fold_name(name: str) -> str:
    """A name for comparing: file systems differ in capitals and in how accents are written."""
    return unicodedata.normalize("NFC", name).casefold()
