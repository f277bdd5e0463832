"""After grading: pages for learners, the gradebook, exports, statistics. May import `classroom` and below."""
