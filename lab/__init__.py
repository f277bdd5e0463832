"""The local AWS, seen from the learner: start and stop it, look at it. Imports nothing else of the course."""
