"""The border around a learner's code, seen from outside: sandbox, relay, gate, guard. May import `tasks`."""
