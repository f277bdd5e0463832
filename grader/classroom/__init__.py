"""A class: hand-ins, dates, the roster, the run over them and its log. May import `workers` and below."""
