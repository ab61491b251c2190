"""The form for new runs, and runs on the screen while they train and after."""
