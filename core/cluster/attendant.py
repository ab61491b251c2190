"""The one object that Ray keeps on a node for a piece of work. It travels as source, so that it can
say in plain words what is missing where ThoraxLens is not; it imports nothing of it before.

Only Python's own library is imported here.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from pathlib import Path
from typing import Any

HOME_VARIABLE = "THORAXLENS_HOME"


class Attendant:
    """``home``: where the head has its copy of ThoraxLens; a node that has it elsewhere says so in
    ``$THORAXLENS_HOME``."""

    def __init__(self, home: str) -> None:
        named = os.environ.get(HOME_VARIABLE, "").strip()
        self._home = Path(named or home).expanduser().resolve()
        self._work: Any = None
        if self._is_there():
            sys.path.insert(0, str(self._home))

    def about(self, backend: str) -> dict[str, str]:
        """What this node would work with, by name; ``missing``: a sentence, why it cannot."""
        if not self._is_there():
            return {
                "missing": f"There is no copy of this ThoraxLens in {self._home}. Put one there, "
                f"or name its folder in {HOME_VARIABLE} before Ray is started."
            }
        try:
            from core.cluster.sameness import about_this_machine

            return about_this_machine(backend)
        except Exception as error:  # noqa: BLE001 - whatever a half installation lacks
            return {"missing": f"ThoraxLens cannot be loaded there ({error})."}

    def look(self) -> dict[str, Any]:
        """How large this machine is and how busy: the fields of ``core.runs.machines.Machine``.
        Only where ``about`` found nothing missing."""
        from dataclasses import asdict

        from core.runs.machines import this_machine

        return asdict(this_machine([]))

    def begin(self, parcel: Any) -> None:
        """Begin the work; returns at once."""
        from core.cluster.node_cache import node_cache
        from core.cluster.node_work import NodeWork

        ray: Any = importlib.import_module("ray")
        self._work = NodeWork(parcel, ray.get, node_cache(), lambda: os._exit(0))

    def has_begun(self) -> bool:
        """Whether ``begin`` was called; what has not begun can be thrown away."""
        return self._work is not None

    def changes(self, number: int) -> Any:
        """As ``NodeWork.changes``."""
        return self._work.changes(number)

    def lend_to(self, name: str, helper: Any) -> None:
        """As ``NodeWork.lend_to``. ``helper``: the object that does the work of that name."""
        ray: Any = importlib.import_module("ray")
        work = self._work

        def compute(loan: Any) -> Any:
            answer = helper.compute.remote(loan)
            while not ray.wait([answer], timeout=1.0)[0]:
                if work.is_over():
                    raise RuntimeError("the training is over")
            return ray.get(answer)

        if work is not None:
            work.lend_to(name, compute)

    def compute(self, loan: Any) -> Any:
        """As ``NodeWork.compute``."""
        return self._work.compute(loan)

    def stop(self) -> None:
        """As ``NodeWork.stop``."""
        self._work.stop()

    def leave(self) -> None:
        """As ``NodeWork.leave``; then this object ends, whether or not somebody is left to end
        it: its slot must not stay taken."""
        if self._work is not None:
            self._work.leave()
        threading.Timer(1.0, os._exit, (0,)).start()

    def _is_there(self) -> bool:
        return (self._home / "core" / "cluster" / "attendant.py").is_file()
