"""What a person marks, on a page of its own: what was handed in, what is given for it, and how that is kept.

`hand_ins` reads, `journal` keeps each change, `desk` is what the page asks for, `page_server` serves it.
May import what stands below it in the list of wings, `reports` above all: the gradebook has one writer.
"""
