"""audit: whether a finished run's result is to be believed."""

from __future__ import annotations

import argparse
from textwrap import fill

from core.audit.status import SHORT, audit_job, audit_status, start_audit
from core.commands.command import Command, Outcome, open_default_store, say
from core.commands.following import wait_for_job
from core.errors import InputError
from core.runs.jobs import Job
from core.store import RunState

WIDTH = 88  # characters a line
AGAIN = " Audit it again with --again."


def _audit_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="id of a finished run")
    parser.add_argument("--again", action="store_true", help="even if it has been audited before")


def _audit(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    run = store.runs.get(options.run)
    job = audit_job(store, run.run_id)
    found = audit_status(store, run)
    if not options.again and found.unreadable:
        say("The report of the last audit cannot be read, so the run is audited again.")
    if options.again or found.result is None or job.status().is_running:
        _wait(start_audit(store, run.run_id))
        found = audit_status(store, run)
    report = found.result
    if report is None:
        raise InputError(f"The audit of {run.run_id} left no result. Start it again with --again.")
    findings = [f"{one.title}: {SHORT[one.level]}\n{_lines(one.sentence, '  ')}"
                for one in report.findings]  # fmt: skip
    stale = found.stale
    above = [_lines(f"{stale}{'' if found.lost else AGAIN}")] if stale else []
    # Null as long as the verdict holds; else a sentence.
    document = {**report.document(), "stale": stale or None}
    return Outcome(document, "\n\n".join([*above, _lines(report.sentence), *findings]))


def _lines(text: str, indent: str = "") -> str:
    return fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def _wait(job: Job) -> None:
    """Until it has ended. Raises InputError."""
    status = wait_for_job(job, "audit")
    if status.state != RunState.DONE:
        # Without a state its files are gone, and with them the run's.
        reason = status.reason or "The run was deleted while it was audited."
        raise InputError(f"The audit did not come to an end. {reason}")


COMMANDS = {"audit": Command(_audit_arguments, _audit)}
