"""The stack's configuration: every key, its rule, and the one reader of Pulumi's config."""
