"""The page that checks a certificate in a browser: its source, and the bundle that is made of it.

Imports nothing of ours but where the project is.
"""
