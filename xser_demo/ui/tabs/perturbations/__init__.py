"""The Shift lab tab: one clip, changed step by step."""
