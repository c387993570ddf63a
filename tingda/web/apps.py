"""The pages as one part of the whole."""

from importlib import import_module

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Tells documents how lines of the ledger are said: one table for pages and papers."""

    name = "tingda.web"

    def ready(self) -> None:
        """Called by Django when all rooms stand; before, nothing of them can be loaded."""
        words = import_module("tingda.web.ledger_words")
        import_module("tingda.reports.queries.dossier").use_words(words.sentence)
