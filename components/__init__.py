"""The stack's parts: one component resource a file, each with its own frozen arguments. None of them reads config."""
