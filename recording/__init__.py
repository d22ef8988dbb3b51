"""Runs the program under Pulumi's mocks and records what it registers: no engine, no account, no secret.

The tests, `make plans` and `make cost` use it.
"""
