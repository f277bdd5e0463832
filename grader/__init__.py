"""Tasks, checks, marks. May import `lab`; nothing but `course` and `exercises` may import it."""
