"""What the workflows run beyond published actions: tags of stack files, the search for drift, the comment on costs."""
