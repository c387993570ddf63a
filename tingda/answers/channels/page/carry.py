"""The page is made from the database, so being published is being there."""


def carry(answer: int, key: str) -> str:
    """Return the address of the answer's page."""
    return f"/answers/{answer}/"
