"""What an author declares: tasks, cases, comparisons, runs in the lab. May import the ground and `lab`."""
