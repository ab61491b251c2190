"""Home: a film with its answer, the doors into the program, and how things stand."""
