"""README.md of a Space, with the front matter that tells the hub what to build, and LICENSE.md."""

from xser_demo.cli.space import pins
from xser_demo.utils import settings

# Names of the hardware on the hub.
FLAVOUR = {"cpu-basic": "cpu-basic", "zerogpu": "zero-a10g"}
BODY = """
# Hear the domain shift

Train an emotion recogniser on one language, test it on another, and accuracy drops. This is *domain shift*. Record your
voice and compare two models, one trained on English only and the same one adapted to another language; see both
languages on a map, and adapt a model yourself.

* Your clip is analysed on this Space. It and its file are deleted two minutes after you close the page. Nothing
  is kept.
* The models were trained on actors: they classify how a voice sounds, not what a person feels. Do not judge people
  by it.
* The code's licence is MIT; features and models are under the terms of the speech corpora: [LICENSE.md](LICENSE.md).

Corpora in this Space: {corpora}. Made by `xser space build`, for {hardware}.
"""
TERMS = "# Licence\n\nCode: MIT, see [LICENSE](LICENSE). What it does not cover:\n\n```\n{notice}\n```\n"
PACKAGES = "Packages that are installed"  # heading of the last part of NOTICE, which concerns no file of the Space


def front_matter(hardware: str) -> dict:
    """The settings of the Space, as in the Spaces configuration reference of the hub."""
    return {
        "title": "Hear the domain shift",
        "emoji": "👂",
        "colorFrom": "green",
        "colorTo": "indigo",
        "sdk": "gradio",
        "sdk_version": pins.locked()["gradio"],
        "python_version": pins.PYTHON[hardware],
        "app_file": "app.py",
        "short_description": "Speech emotion models meet another language; adapt one",
        "tags": [
            "audio-classification",
            "speech-emotion-recognition",
            "domain-adaptation",
            "cross-lingual",
            "education",
        ],
        "models": ["openai/whisper-base"],
        "license": "other",
        "license_name": "mit-and-corpus-terms",
        "license_link": "LICENSE.md",
        "suggested_hardware": FLAVOUR[hardware],
        "startup_duration_timeout": "30m",
        "header": "mini",
        "fullWidth": True,
        "pinned": False,
        "disable_embedding": False,
    }


def readme(hardware: str, corpora: list[str]) -> str:
    import yaml

    front = yaml.safe_dump(front_matter(hardware), sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n{BODY.format(corpora=', '.join(corpora) or 'none', hardware=hardware)}"


def terms() -> str:
    notice = (settings.ROOT / "NOTICE").read_text(encoding="utf-8").partition(PACKAGES)[0].strip()
    return TERMS.format(notice=notice)
