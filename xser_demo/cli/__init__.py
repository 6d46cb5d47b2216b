"""The command line ``xser``: one file per sub-command."""
