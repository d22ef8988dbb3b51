"""An AWS account on this machine, and the Pulumi engine brought up on it."""
