"""The page as a Hugging Face Space: which files it needs, which versions, and sending them there."""
