"""The fixed parts of the Your data tab: its style, and what it says before something is there."""

from xser_demo.corpora.custom.ingest import Limits
from xser_demo.data.domains import MIN_TARGET_CLIPS
from xser_demo.data.encode import MOST_S
from xser_demo.utils import settings

FILES, VOICE = "Recordings", "Your voice"  # the two ways to bring something
HOW = """<div class='x-own'><h4 style='margin-top:0 !important'>How to name things</h4>
<p><strong>One folder per emotion</strong>, named in English, German, Italian, French, Spanish, Urdu or Chinese:</p>
<div class='x-tree'>mine.zip
  anger/    anna-01.wav  ben-01.wav
  Freude/   anna-02.wav  ben-02.wav</div>
<p><strong>Or a table</strong> beside the files (CSV, TSV or JSON Lines) with the columns <em>path</em>,
<em>emotion</em>, <em>speaker</em>, <em>language</em>; all but the first may be missing.</p>
<p><strong>Or nothing</strong>: a pile of recordings. No labels are needed to adapt; with labels you also get a
score.</p>
</div>"""
# A menu in the table of words says what a word means.
MEANS = """element.addEventListener('change', event => {
  const menu = event.target.closest('select[data-word]');
  if (menu) trigger('select', {index: menu.dataset.word, value: menu.value});
});"""


def about(limits: Limits) -> str:
    much = f"{limits.packed >> 20:,} MB" if limits.packed < 1 << 30 else f"{limits.packed >> 30} GB"
    return (
        f"<p>Up to {limits.files:,} files and {much}; {settings.MAX_CLIP_S:.0f} s a recording, "
        f"{MOST_S / 3600:g} hours in all, at least {MIN_TARGET_CLIPS} recordings. WAV, FLAC, MP3, OGG, M4A or WebM."
        "</p><p style='margin-top:6px'>They stay on the computer that serves this page, in a folder of your visit that "
        "no other visitor can reach, and are deleted two minutes after you close the page or after half an hour "
        "without use.</p>"
    )
