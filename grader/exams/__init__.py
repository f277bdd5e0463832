"""Exams on the bank of questions: drawn by a seed, sat with a timer, marked, kept, and what to study next.

May import `classroom` and what stands below it, and `lab`; the reports and the commands import it.
"""
