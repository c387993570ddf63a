"""A mailbox of the office's own: every letter is a voice, its sender a reporter."""
