"""AWS's rules as data and pure functions, and the form of what crosses between lab and emulator.

Imports nothing of ours: it is the one thing that the emulator's plugins may import of the course.
"""
