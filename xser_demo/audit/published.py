"""Published figures of other models: shares of answers on EMOVO that stay the same with white noise at 20 dB.

Read from the tables of ser-tests (docs/results/test/emotion/*/robustness_background_noise), the models of Derington et
al. 2023, "Testing Correctness, Fairness, and Robustness of Speech Emotion Recognition Models": four emotions, trained
on MSP-Podcast, not adapted to Italian.
"""

SOURCE = "Derington et al. 2023, https://github.com/audeering/ser-tests"
EMOVO_WHITE_NOISE = {
    "CNN14": 0.68,
    "AxLSTM base": 0.53,
    "wav2vec 2.0 base": 0.71,
    "wav2vec 2.0 large": 0.74,
    "wav2vec 2.0 large robust": 0.81,
    "wav2vec 2.0 large VoxPopuli": 0.67,
    "wav2vec 2.0 large XLS-R": 0.81,
    "HuBERT base": 0.51,
    "HuBERT large": 0.78,
    "WavLM": 0.85,
    "data2vec large": 0.79,
}
