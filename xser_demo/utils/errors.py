"""Errors shown to users: one sentence that says what is wrong and what to do."""


class UserError(ValueError):
    """Base of all errors that users see; ``str(error)`` is shown unchanged."""


class AudioError(UserError):
    """A clip cannot be read or used."""


class TooLongError(AudioError):
    """A clip is longer than its limit."""


class CorpusError(UserError):
    """A corpus or an archive is missing, incomplete or invalid."""


class ModelError(UserError):
    """A model or its weights cannot be loaded."""


class SettingsError(UserError):
    """A combination of settings cannot run; raised before anything starts."""
