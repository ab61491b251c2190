"""The film viewer: a film and its heat maps, drawn in the browser."""
