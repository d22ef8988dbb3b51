"""The promises of this project as policies that a preview enforces. It imports nothing of the program."""
