"""Processes that grade, on this machine and on others. May import `engine` and below."""
