"""How work tells how far it is: what pages, the shell and jobs hand down to it."""

from __future__ import annotations

from collections.abc import Callable

# Done so far and in all, in films, bytes or what else the function says; in all is 0 while
# nobody knows.
Progress = Callable[[int, int], None]
# And what is being done now, as a short text to show.
NamedProgress = Callable[[int, int, str], None]
