"""What the workflows run beyond published actions: deployments in waves, the search for drift, the comment on costs."""
