"""What an answer is worth: an answer beside what was expected, in points and words. May import `tasks`."""
