"""Who has which role: ``people.toml`` in the data folder, and what a provider says of somebody.

An administrator writes the file; no page does. It is read anew when it has changed, so a person who
is taken out of it is out with their next click.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.people.asking import Somebody
from core.people.roles import Role

LISTS = {"editors": Role.EDITOR, "viewers": Role.VIEWER}
UNSAID = "verified_without_saying"
HOURS = "hours"
DEFAULT_HOURS = 12.0
_CLOCKS = 300  # seconds by which the provider's clock may be ahead of ours
EVERYBODY_OF = "*@"

SIGN_IN_FIRST = "Sign in first."
EXPIRED = "You signed in long ago. Sign in again."
ADMINISTRATOR = "Ask whoever runs this ThoraxLens."


@dataclass(frozen=True)
class Register:
    """Addresses, or ``*@domain``, with their roles. ``hours``: how long a sign-in holds.
    ``verified_without_saying``: whether an address counts as verified of which the provider does
    not say whether it is."""

    roles: Mapping[str, Role]
    hours: float = DEFAULT_HOURS
    verified_without_saying: bool = False

    def role_of(self, address: str) -> Role:
        """A person's own line goes before that of their domain."""
        plain = same_address(address)
        domain = plain.rpartition("@")[2]
        for entry in (plain, f"{EVERYBODY_OF}{domain}"):
            if entry in self.roles:
                return self.roles[entry]
        return Role.STRANGER


def same_address(text: str) -> str:
    """Small letters for those of English alone: in other alphabets a capital can be turned into
    a letter that belongs to another address."""
    return "".join(one.lower() if one.isascii() else one for one in text.strip())


def read_register(file: Path) -> Register:
    """The register in ``file``; raises InputError, with what to do, where there is none that can
    be read: then nobody has a role."""
    try:
        state = file.stat()
        return _read(file, state.st_mtime_ns, state.st_size)
    except FileNotFoundError:
        raise InputError(
            f"Nobody has a role yet: there is no {file.name} in the data folder."
        ) from None
    except OSError as error:
        raise InputError(f"{file.name} cannot be read ({error.strerror or error}).") from None


@lru_cache(maxsize=8)
def _read(file: Path, changed: int, size: int) -> Register:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file.name} cannot be read: {error}.") from None
    if odd := table.keys() - {*LISTS, HOURS, UNSAID}:
        known = ", ".join([*LISTS, HOURS, UNSAID])
        raise InputError(f"{file.name} says “{sorted(odd)[0]}”, which means nothing: {known} do.")
    roles: dict[str, Role] = {}
    for name, role in LISTS.items():
        for entry in _addresses(file, name, table.get(name, [])):
            if roles.setdefault(entry, role) is not role:
                raise InputError(f"{file.name} has {entry} among editors and among viewers.")
    hours, unsaid = table.get(HOURS, DEFAULT_HOURS), table.get(UNSAID, False)
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours <= 24 * 30:
        raise InputError(f"{file.name}: {HOURS} is a number above 0, of at most 720 (30 days).")
    if not isinstance(unsaid, bool):
        raise InputError(f"{file.name}: {UNSAID} is true or false.")
    return Register(roles, float(hours), unsaid)


def _addresses(file: Path, name: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise InputError(f"{file.name}: {name} is a list of addresses in quotation marks.")
    for one in value:
        user, at, domain = one.strip().rpartition("@")
        if not (user and at and domain) or "*" in domain or ("*" in user and user != "*"):
            raise InputError(
                f"{file.name}: “{one}” is no address. Write one as name@hospital.example, or "
                "*@hospital.example for everybody there."
            )
    return [same_address(one) for one in value]


def person_signed_in(
    file: Path, claims: Mapping[str, Any], *, now: float | None = None
) -> Somebody:
    """Who somebody is of whom the provider says ``claims`` (OpenID Connect Core 1.0, section 5.1;
    ``is_logged_in`` beside them). ``file``: the register. A stranger has a reason to show. ``now``:
    seconds since 1970."""
    if not claims.get("is_logged_in"):
        return _stranger("", SIGN_IN_FIRST)
    address = claims.get("email")
    if not isinstance(address, str) or "@" not in address:
        said = "Your sign-in came without an e-mail address, and roles go by addresses."
        return _stranger("", f"{said} {ADMINISTRATOR}")
    name = same_address(address)
    try:
        register = read_register(file)
    except InputError as error:
        return _stranger(name, f"{error} {ADMINISTRATOR}")
    signed_in = claims.get("iat")
    age = (time.time() if now is None else now) - _number(signed_in)
    # A moment in the future is no moment of a sign-in.
    if not -_CLOCKS <= age <= register.hours * 3600:
        return _stranger(name, EXPIRED)
    verified = claims.get("email_verified")
    # Some providers write it as text.
    if verified not in (True, "true") and (
        verified is not None or not register.verified_without_saying
    ):
        said = f"The provider does not say that {name} is really yours."
        if verified is not None:
            said = f"The address {name} has not been verified by the provider."
        return _stranger(name, f"{said} Have it verified there and sign in again.")
    role = register.role_of(name)
    if role is Role.STRANGER:
        return _stranger(name, f"{name} has no role here. {ADMINISTRATOR}")
    return Somebody(name, role, signed_in=True)


def _number(value: object) -> float:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if fits else float("-inf")  # type: ignore[arg-type] # asked just before


def _stranger(name: str, reason: str) -> Somebody:
    return Somebody(name, Role.STRANGER, reason)
