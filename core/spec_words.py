"""What is wrong with a description, without pydantic's words."""

from __future__ import annotations

from pydantic import ValidationError

# pydantic's kinds of error in our words; {…} is filled from what the field allows.
_WORDS = {
    "greater_than": "choose a number greater than {gt}",
    "greater_than_equal": "choose a number of at least {ge}",
    "less_than": "choose a number less than {lt}",
    "less_than_equal": "choose a number of at most {le}",
    "finite_number": "choose an ordinary number",
    "int_parsing": "choose a whole number",
    "int_from_float": "choose a whole number",
    "int_type": "choose a whole number",
    "float_parsing": "choose a number",
    "float_type": "choose a number",
    "string_too_short": "choose a name",
    "string_too_long": "use at most {max_length} letters",
    "string_pattern_mismatch": "use letters from a to z, digits and dashes",
    "string_unicode": "use letters and digits of any script",
    "too_short": "choose at least {min_length}",
    "missing": "this is missing",
    "extra_forbidden": "there is no such setting",
    "literal_error": "choose {expected}",
}


def in_plain_words(what: str, error: ValidationError) -> str:
    """A sentence that names each field that is wrong, and what it should be."""
    parts = []
    for one in error.errors():
        where = " → ".join(str(step).replace("_", " ") for step in one["loc"])
        words = _WORDS.get(one["type"])
        context = one.get("ctx", {})
        message = words.format(**context) if words else one["msg"].removeprefix("Value error, ")
        parts.append(f"{where}: {message}" if where else message)
    return f"{what} cannot be used: {'; '.join(parts)}."
