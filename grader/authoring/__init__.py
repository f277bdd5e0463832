"""Is an assignment in order? Exercises from solutions, the lint, notebooks from their text twins.

For authors; may import every wing below it, and only the commands import it.
"""
