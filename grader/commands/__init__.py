"""The commands of `grader`, one module for a group of them. Nothing but `grader.cli` imports them."""
