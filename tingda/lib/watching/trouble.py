"""What is wrong with a rule, before it is known which character of the original that was."""

from tingda.lib.refusal import Refused


class Trouble(Exception):
    """`index` counts from 0 in the rule as the grammar sees it; `message` has a place for `at`."""

    def __init__(self, index: int, message: str, **params: object) -> None:
        super().__init__(message)
        self.index = index
        self.message = message
        self.params = params

    def refusal(self, at: int) -> Refused:
        """For the person: where, and what to write instead."""
        return Refused(self.message, at=at, **self.params)
