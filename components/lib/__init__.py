"""What all components share: names, policies as values, look-ups, the account."""
