"""What the workflows run: the checks, the previews, the search for drift, and what GitHub is told of them."""
