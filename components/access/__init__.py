"""Who may do what: the IAM pair and the grants."""
