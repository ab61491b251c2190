"""Runs that travel: one finished run as a file, and such a file as a run again."""
