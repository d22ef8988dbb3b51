"""What operators do to a stack that is up, on AWS as well as on the sandbox: verify, redeploy, rollback, promote."""
