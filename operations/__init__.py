"""The commands of operators on a stack that is up, or on all stacks of an environment, on the sandbox or on AWS."""
