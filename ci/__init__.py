"""What the workflows run beyond published actions: the tag of a stack file, and the search for drift."""
