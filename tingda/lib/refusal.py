"""The one error that is meant for the person in front of the screen."""


class Refused(Exception):
    """Something a person asked for was not done, and why.

    `message` is a msgid of the catalogue (Chinese) with `%(name)s` places for `params`.
    Doors translate it; `str()` gives the Chinese sentence.
    """

    def __init__(self, message: str, **params: object) -> None:
        self.message = message
        self.params = params
        super().__init__(message % params if params else message)
