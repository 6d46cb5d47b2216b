"""``Refused``: why a message to a class is not followed."""

from xser_demo.utils.errors import UserError


class Refused(UserError):
    """One sentence for the person, and the HTTP status that says the same to a program."""

    def __init__(self, why: str, status: int = 400):
        super().__init__(why)
        self.status = status
