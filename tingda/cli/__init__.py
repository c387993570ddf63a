"""The command `tingda`."""
