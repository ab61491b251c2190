"""``python -m core.travel.onnx_process --data DIR RUN FILE`` [K]: write a run's network as ONNX.

A process of its own, because TensorFlow stays out of whoever asks. Says in one sentence on
stderr why there is no file, and ends with 1 then.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from core.errors import InputError, ThoraxLensError
from core.lent import lent_folder
from core.runs.processes import with_our_modules
from core.store import Store
from core.workspace import PROJECT_ROOT, open_workspace

NEEDED = ("onnx", "tf2onnx")
SECONDS = 900  # the largest of the networks takes two minutes on two cores


def made_onnx(store: Store, run_id: str) -> bytes:
    """The ONNX file of a finished run; half a minute and more. Raises InputError when the
    libraries for it are missing or it cannot be made."""
    missing = [one for one in NEEDED if find_spec(one) is None]
    if missing:
        raise InputError(
            f"To write ONNX, {' and '.join(missing)} must be installed: "
            "pip install -r requirements-export.txt"
        )
    with lent_folder(store.workspace.lent) as folder:
        file = folder / "network.onnx"
        given = ["--data", str(store.workspace.root), run_id, str(file)]
        try:
            done = subprocess.run(
                [sys.executable, "-m", "core.travel.onnx_process", *given],
                cwd=PROJECT_ROOT,
                env=with_our_modules({**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InputError("The network could not be written as ONNX in time.") from None
        if done.returncode or not file.is_file():
            said = [one for one in done.stderr.splitlines() if one.strip()]
            raise InputError(said[-1] if said else "The network could not be written as ONNX.")
        return file.read_bytes()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="the data folder")
    parser.add_argument("run")
    parser.add_argument("file", type=Path)
    options = parser.parse_args(arguments)
    from core.travel.onnx_file import network_onnx  # only in this process: it loads TensorFlow

    try:
        options.file.write_bytes(network_onnx(open_workspace(options.data), options.run))
    except ThoraxLensError as error:
        print(str(error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
