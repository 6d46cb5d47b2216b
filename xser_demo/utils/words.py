"""Words of a sentence that is made of parts."""


def listed(names: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def upper(text: str) -> str:
    """The same with a capital first letter."""
    return text[:1].upper() + text[1:]
