"""The commands of the sandbox, which the Makefile runs."""
