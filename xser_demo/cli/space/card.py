"""README.md of a Space, whose front matter tells the hub what to build, and LICENSE.md."""

from xser_demo.cli.space import pins
from xser_demo.utils import settings

# The hub's names of the hardware.
FLAVOUR = {"cpu-basic": "cpu-basic", "zerogpu": "zero-a10g"}
BODY = """
# Hear the domain shift

A model learns emotions from actors of one language and hears another: its answers get worse. Speak, and hear two models
answer side by side, one trained on English only and the same one adapted to German, Italian or Urdu; see both languages
as a map, and adapt a model yourself.

* Your clip is analysed on this Space and deleted soon after you leave. Nothing is kept.
* The models learnt from actors: they say how a voice sounds to them, not what a person feels. Never judge people by it.
* The code's licence is MIT; features and models carry the terms of the speech corpora: [LICENSE.md](LICENSE.md).

Corpora in this Space: {corpora}. Made by `xser space build`, for {hardware}.
"""
TERMS = "# Licence\n\nCode: MIT, see [LICENSE](LICENSE). What it does not cover:\n\n```\n{notice}\n```\n"
PACKAGES = "Packages that are installed"  # begins the part of NOTICE that is about no file here


def front_matter(hardware: str) -> dict:
    """As the hub's Spaces configuration reference has it."""
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
