"""A game's launch night, one module a view of it: who is let in, what is sent, what is kept of it.

May import `lab` and the stage. Every fault strikes by its place in the night, never by the clock.
"""
