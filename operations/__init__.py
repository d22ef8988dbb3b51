"""The commands of operators on a stack that is up, wherever this shell leads.

verify, redeploy, rollback and promote act on its service; task and compose run its deployed task on this machine.
"""
