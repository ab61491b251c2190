"""A data folder as one file, made while it is in use, and a data folder made of such a file."""
