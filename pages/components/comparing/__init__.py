"""Runs beside each other: choosing them, tables, figures, and the films behind a number."""
