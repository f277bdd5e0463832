"""What a learner calls in a notebook, and how it looks. May import `walls`, `marking` and below."""
