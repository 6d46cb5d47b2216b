"""Codes of two words that people can read from the last row and type on a phone, and secrets that nobody types."""

import random
import secrets
import unicodedata

WORDS = (
    "acorn", "amber", "anchor", "apple", "apron", "arrow", "autumn", "bakery", "balcony", "bamboo", "banjo", "barley",
    "basket", "beacon", "beetle", "berry", "birch", "bridge", "bubble", "butter", "button", "cactus", "camel", "candle",
    "canyon", "carpet", "carrot", "castle", "cedar", "cellar", "cherry", "chestnut", "clover", "coffee", "comet",
    "copper", "coral", "cotton", "cricket", "crystal", "daisy", "desert", "dolphin", "donkey", "drawer", "engine",
    "falcon", "feather", "fiddle", "flame", "forest", "fossil", "fountain", "garden", "garlic", "ginger", "glacier",
    "granite", "hammer", "harbour", "hazel", "hedgehog", "helmet", "honey", "island", "ivory", "jacket", "jasmine",
    "jungle", "kettle", "kitten", "ladder", "lagoon", "lantern", "lemon", "library", "lizard", "lobster", "magnet",
    "mango", "maple", "marble", "meadow", "melon", "mirror", "monsoon", "mustard", "needle", "nutmeg", "olive", "onion",
    "orange", "orchard", "otter", "oyster", "paddle", "panther", "paper", "parrot", "pebble", "pencil", "pepper",
    "pillow", "planet", "pocket", "pond", "pumpkin", "puzzle", "quartz", "rabbit", "radish", "raven", "ribbon", "river",
    "rocket", "saddle", "salmon", "sandal", "saturn", "scarf", "shadow", "silver", "spider", "spoon", "squirrel",
    "summer", "sunflower", "teapot", "thunder", "ticket", "timber", "tomato", "trumpet", "tulip", "turtle", "umbrella",
    "valley", "velvet", "violin", "walnut", "willow", "window", "winter", "yellow", "zebra",
)  # fmt: skip
SECRET_BYTES = 24  # of a lecturer's secret and of a device's token: nobody guesses one


def code(chance: random.Random) -> str:
    """Two different words, such as "amber otter". It invites people; it protects nothing."""
    return " ".join(chance.sample(WORDS, 2))


def typed(text: str) -> str:
    """A code as somebody typed it, as ``code`` writes it: case, hyphens and extra spaces do not matter."""
    plain = unicodedata.normalize("NFKC", text[:80]).lower()
    return " ".join("".join(letter if letter.isalpha() else " " for letter in plain).split())


def secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)
