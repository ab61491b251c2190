"""Classifying films with finished runs, outside the server's process."""
