"""What operators do to a stack that is up, on AWS as well as on the sandbox.

verify, redeploy, rollback and promote its service; task and compose run what it has deployed on this machine.
"""
