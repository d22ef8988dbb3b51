"""Access: the IAM roles and the grants."""
