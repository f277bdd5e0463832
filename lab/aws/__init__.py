"""The local AWS as a program: built, started, found, ended. May import `machine`, `rules` and `errors`."""
