"""What all components share: names, policies, lookups, the account, facts about the app."""
