"""The public page of the institution."""
