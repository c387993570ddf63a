"""The fediverse: a hashtag, or what is said to the institution's own account."""
