"""The Map tab: two corpora before and after adaptation."""
