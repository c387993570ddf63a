"""Look back: numbers, charts, documents. Reads only, so it has no tables and no actions."""
