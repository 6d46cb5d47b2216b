"""Errors that a visitor sees: one sentence that says what is wrong and what to do."""


class UserError(ValueError):
    """Something the user gave or asked for cannot be used; ``str(error)`` is shown as it is."""


class AudioError(UserError):
    """A clip cannot be read or is of no use."""


class CorpusError(UserError):
    """A corpus is missing, incomplete or not what its name says."""


class ModelError(UserError):
    """A model folder cannot be loaded."""


class SettingsError(UserError):
    """A combination of settings that cannot run, said before anything starts."""
