"""The bank of questions: facts, items, their lint, the map of exams, learners' reports of items.

May import `tasks`, `whereabouts` and `lab`; the commands and the course import it.
"""
