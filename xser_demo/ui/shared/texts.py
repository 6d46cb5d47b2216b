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

# About
WHAT = """
## What this is
A model that recognises emotion in speech is trained on one corpus: some actors, one language, one microphone.
On another corpus it does worse, because voices, sounds, rooms and acting differ: that is *domain shift*.
*Unsupervised domain adaptation* trains the model further with unlabelled speech of the new kind. Here you
hear and see both: on your own voice, on real corpora, while the model trains, and also where it fails.

## How it works
1. **Hear.** A clip becomes 16 kHz mono; a log-mel spectrogram goes through a frozen speech encoder (four
   blocks of Whisper-base).
2. **Attend.** A small head with several attention curves decides which moments count, and sums them up in 128
   numbers.
3. **Answer.** These give one probability per emotion. Below 45 percent of four emotions (63 of two classes)
   the page says *not sure*. How sure a model sounds was set on speakers of its own language that it had not learnt
   from (one temperature per model, Guo et al. 2017; it may soften answers, never sharpen them). On another language
   models are still surer than they are right: see *calibration* in the Benchmark tab.
4. **Adapt.** The head alone is trained further: labelled source speech keeps it right, unlabelled target
   speech moves the two clouds of points together. Target labels are locked away and opened only for the
   score.
5. **Measure.** The score is the unweighted average recall (UAR): the mean share of each emotion that is
   found, so chance is 25 percent with four emotions. The 95 percent interval resamples speakers, then their
   clips.

**The published systems** have ears of their own: a list of acoustic statistics, 149 averages, mel bands over
time, or the spectrogram as a picture. Each explains itself in its own way: attention curves where a model
weighs moments; Grad-CAM where convolutions look at a spectrogram; and for lists of statistics the share of
each group (loudness, pitch, ...) in the answer, compared with an average voice (exact Shapley values).
An explanation says what moved the model, not what is true of the voice.
"""

OTHER_CORPORA = (
    "No model here learnt from any other corpus (settings were chosen on AESDD). Whoever has these can bring them "
    "along; neither their audio nor their features are here: {}."
)
ABOUT_MODELS = (
    "UAR in percent. <em>Transductive</em>: scored on the clips it was adapted to, without their labels; "
    "<em>inductive</em>: on other speakers."
)
ABOUT_SYSTEMS = (
    "All transductive, on the corpus after &ldquo;to&rdquo;. <em>After the paper</em>: built from what the paper says, "
    "its gaps filled by us; <em>reduced</em>: smaller, to run on two cores. These are our figures, not the papers'. "
    "Systems with other classes cannot be compared by UAR. The card of each model in Listen lists its gaps."
)

LIMITS = """
## What it cannot do
- The corpora are **acted**: short sentences, few speakers, studio rooms. Everyday emotion is weaker and
  mixed.
- It knows only the emotions that its corpora share. Anything else is forced into one of them.
- A label is what an actor was asked to play or what listeners chose. It is not what someone felt.
- In URDU nearly every speaker has one emotion only: a model may recognise the speaker instead. Its scores
  mean less.
- Your microphone is a domain of its own: gain control and noise suppression of the browser change the voice.
- Adaptation can make a model worse, above all when the target has other proportions of emotions than the
  source.

Do not use it to assess people: not for hiring, teaching, policing, health or credit.

## Privacy
A clip is sent to the computer that serves this page and to nowhere else. Its file is deleted two minutes
after the tab is closed, and after about an hour in any case; the sound and the features computed from it stay in
memory for this visit, so that further models can hear it, and go with it, or after half an hour without use. Until then
the tab, which remembers the name of its visit, finds them again after a lost connection. Nothing of it is
logged or used for training, and a model that you adapt here is yours alone. No cookies, no analytics, no
request to another site.

## The choice of the encoder
"""
