"""The Listen tab: record, upload or pick a clip, or speak live."""
