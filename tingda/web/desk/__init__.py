"""The staff pages: one screen, one view file."""
