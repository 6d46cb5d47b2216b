"""Words of the page that are longer than a label. Plain first, exact on demand."""

TAGLINE = "A model that learnt emotions from actors of one language hears another."

# Listen
LEAD = "Say something angry, or happy, in any language."
CAUTION = (
    "Your clip is analysed on the computer that serves this page and deleted soon after you leave. The models learnt "
    "from actors: they say how a voice sounds to them, not what a person feels. Never judge people by it."
)
WAITING = "listening for a clip"
AFTER_WAITING = "Record, or try a clip below the recorder: every model here then hears the same clip."
LISTENING, SILENCE = "speak", "silence"
LIVE = (
    "Two models answer while you speak, for a minute at most. Each answer is about the last three seconds; pieces of "
    "sound are deleted as soon as they were heard."
)
WINDOWS = "Bars: three seconds at a time, each heard by itself; the whole can sound different. Hatched: not sure."
NO_MODELS = "There is no model to ask: put one in checkpoints/ or adapt one in the Adapt tab."
CHOOSE_MODELS = "Choose at least one model under Fine-tune to hear what it says."
FEATURES_ONLY = "No audio of this corpus is stored here: the models answer from its stored speech features."
SYNTHETIC = "Synthetic voice: a machine reads a neutral sentence, so no emotion was meant."
TRAINED_HERE = "Trained on this corpus with its labels."
ADAPTED_HERE = "Adapted to this corpus without its labels."
NO_MOMENT = "No place in the clip spoke for {} by itself."
COMMON = "Frozen Whisper frames"
