"""What is run by hand on ThoraxLens: it fits constants and draws material."""
