"""The pages for everyone; no sign-in."""
