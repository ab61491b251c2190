"""Films given to the networks, and the cards that answer."""
