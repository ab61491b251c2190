"""The map of the films on the screen, and what is done with films that were chosen on it."""
