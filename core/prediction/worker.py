"""The process that classifies: ``python -m core.prediction.worker --data DIR`` [K].

Requests on stdin, answers on stdout, one a line, as messages.py describes them. A request may
come while others are under way: they take turns (turns.py). At the end of stdin the process ends.
"""

from __future__ import annotations

import argparse
import os
import queue
import shutil
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from core.prediction.messages import Answer, AnyRequest, line_of, request_in
from core.workspace import open_workspace


class Requests:
    """The lines of stdin, read in a thread so that its end is noticed during work."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._queue: queue.SimpleQueue[AnyRequest] = queue.SimpleQueue()
        self._folders: list[Path] = []
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()

    def _read(self, lines: Iterable[str]) -> None:
        for line in lines:
            try:
                asked = request_in(line)
            except ValueError as error:  # torn: whoever wrote it has died, and the end comes next
                print(f"A line that is no request: {error}", file=sys.stderr)
                continue
            self._folders = [one for one in self._folders if one.is_dir()]
            self._folders.append(asked.folder)
            self._queue.put(asked)
        # Nobody is left to answer to. Films of patients must not stay behind in /tmp.
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)

    def arrived(self) -> list[AnyRequest]:
        """Those that wait by now; never waits for one."""
        found = []
        with suppress(queue.Empty):
            while True:
                found.append(self._queue.get_nowait())
        return found

    def __iter__(self) -> Iterator[AnyRequest]:
        while True:
            yield self._queue.get()


def main() -> None:
    """Serve until stdin ends."""
    parser = argparse.ArgumentParser(prog="core.prediction.worker")
    parser.add_argument("--data", required=True, help="the workspace's folder")
    workspace = open_workspace(parser.parse_args().data)

    # TensorFlow's C++ prints to descriptor 1, which would break the answers: they get a
    # descriptor of their own, and 1 becomes stderr, before keras is imported.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    requests = Requests(sys.stdin)
    from core.training.backend import load_only_the_chosen

    load_only_the_chosen()
    from core.prediction.answering import serve_requests

    def say(answer: Answer) -> None:
        answers.write(line_of(answer))

    serve_requests(workspace, requests, say, requests.arrived)


if __name__ == "__main__":
    main()
