"""How much and how often: token buckets, growth, calls a second, numbers of streams. May import `streams`."""
