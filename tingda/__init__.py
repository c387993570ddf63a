"""听答 Tingda: hears voices, groups them into issues, carries each to a signed public answer."""

__version__ = "0.5.0"
