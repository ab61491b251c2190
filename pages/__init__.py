"""One thin script a page; ``navigation.py`` names them in the order in which people work."""
