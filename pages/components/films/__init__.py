"""What shows films, finds them and brings them in."""
