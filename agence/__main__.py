"""`python -m agence` is `agence`."""

from agence.cli.main import entry

entry()
