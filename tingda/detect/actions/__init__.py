"""The only writers of issues and alerts. One process groups at a time; people decide."""
