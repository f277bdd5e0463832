"""One submission: read, run, asked, judged. May import `inside` (to start it) and below."""
