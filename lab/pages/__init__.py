"""Pages that a command shows in a browser here: a guarded server on the loopback, with live events.

Knows nothing of AWS or of any page; may import only `lab.machine` and `lab.errors`.
"""
