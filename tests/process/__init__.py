"""The product as processes."""
