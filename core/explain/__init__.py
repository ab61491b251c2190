"""Where on a film a decision comes from."""
