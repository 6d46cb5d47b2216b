"""What the Your data tab says: limits, how to name files, and what to do next; and the scripts of its menus."""

from xser_demo.corpora.custom.ingest import Limits
from xser_demo.data.domains import MIN_TARGET_CLIPS
from xser_demo.data.encode import MAX_SPEECH_S
from xser_demo.utils import settings

PREVIEW = "Check the preview, then adapt a model to these recordings."
READY = "Your recordings are ready: choose them as the target in the Adapt tab."
GONE = (
    "Your recordings were deleted: this happens two minutes after the connection to the page is lost, and after half "
    "an hour without use. Send them again."
)
BUTTONS = (
    ("use", "Adapt a model to these recordings", "primary", 2),
    ("cancel", "Cancel", "secondary", 1),
    ("clear", "Delete", "secondary", 1),
)
FILES, VOICE = "Recordings", "Your voice"  # the two views; recordings.css shows the chosen one
NAMING = """<div class='x-own'><h4 style='margin-top:0 !important'>How to name the files</h4>
<p><strong>One folder per emotion</strong>, named in English, German, Italian, Arabic, Chinese, Hindi,
Turkish or one of 14 other languages:</p>
<div class='x-tree'>mine.zip
  anger/    anna-01.wav  ben-01.wav
  Freude/   anna-02.wav  ben-02.wav</div>
<p><strong>Or a table</strong> beside the files (CSV, TSV or JSON Lines) with the columns <em>path</em>,
<em>emotion</em>, <em>speaker</em>, <em>language</em>; only <em>path</em> is required.</p>
<p><strong>Or emotions in the file names</strong>, such as <em>anna_angry_1.wav</em>: choose them under
<em>Labels</em>.</p>
<p><strong>Or no labels</strong>, just recordings. Adaptation needs no labels; with labels you also get a score.</p>
</div>"""
# A menu says where speakers or labels are read from.
CHOOSE = """element.addEventListener('change', event => {
  const menu = event.target.closest('select[data-choice]');
  if (menu) trigger('select', {index: menu.dataset.choice, value: menu.value});
});"""
# A menu in the table of words maps a word to an emotion.
SET_MEANING = """element.addEventListener('change', event => {
  const menu = event.target.closest('select[data-word]');
  if (menu) trigger('select', {index: menu.dataset.word, value: menu.value});
});"""


def about(limits: Limits) -> str:
    """Limits and privacy, as HTML."""
    size = f"{limits.packed >> 20:,} MB" if limits.packed < 1 << 30 else f"{limits.packed >> 30} GB"
    return (
        f"<p>Up to {limits.files:,} files and {size}; {settings.MAX_CLIP_S:.0f} s per recording, "
        f"{MAX_SPEECH_S / 3600:g} hours in total, at least {MIN_TARGET_CLIPS} recordings. WAV, FLAC, MP3, OGG, M4A or "
        "WebM.</p><p style='margin-top:6px'>They stay on the computer that serves this page, in a private folder of "
        "your visit, and are deleted two minutes after you close the page or after half an hour without use.</p>"
    )
