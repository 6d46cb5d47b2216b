"""Audio files to 16 kHz mono; voice activity, quality, trimming, synthetic perturbations."""
