"""The cheating demo: its steps, its pictures, its networks while they train."""
