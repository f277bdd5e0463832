"""The attacks A1-A30 of the catalogue, run for real, each with a control that shows it succeed undefended.

Payloads are bounded in count, size and time, so that a failed defence harms nothing.
"""
