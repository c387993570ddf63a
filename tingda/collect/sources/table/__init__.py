"""An imported table."""
