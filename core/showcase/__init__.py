"""A few films with what a network says of them, kept for Home, which waits for no network."""
