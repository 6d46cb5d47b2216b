"""Sentences that several tabs show. Longer texts are in ``assets/texts/``."""

from xser_demo.networks.checkpoints import none_here

TAGLINE = "A model trained on acted speech in one language, tested on another."

# Listen
LEAD = "Now you: say something angry, or happy, in any language."
CAUTION = (
    "Your clip is analysed on the computer that serves this page. It and its file are deleted two minutes after "
    "you close the page. The models were trained on actors: they say how a voice sounds, not what "
    "a person feels. Never judge people by it."
)
WAITING = "listening for a clip"
AFTER_WAITING = "Record, or choose a clip below the recorder: all models here answer about the same clip."
OUTDATED = "Computed before {} changed; the models here are newer and give other figures."
LISTENING, SILENCE = "speak", "silence"
LIVE = (
    "Two models answer while you speak, for a minute at most. Each answer is about the last three seconds; the sound "
    "is deleted as soon as it is analysed."
)
WINDOWS = (
    "Bars: windows of three seconds, each analysed by itself; the whole clip can get another answer. Hatched: not sure."
)
NO_MODELS = f"{none_here()}, or adapt one in the Adapt tab."
CHOOSE_MODELS = "Choose at least one model under Fine-tune."
FEATURES_ONLY = "No audio of this corpus is stored here: the models answer from its stored speech features."
SYNTHETIC = "Synthetic voice: a machine reads a neutral sentence, so there is no intended emotion."
TRAINED_HERE = "Trained on this corpus with its labels."
ADAPTED_HERE = "Adapted to this corpus without its labels."
NO_MOMENT = "No place in the clip supports {} on its own."
COMMON = "Same encoder for all"  # what the code calls common ground
