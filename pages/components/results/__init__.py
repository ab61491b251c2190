"""The table of all results."""
