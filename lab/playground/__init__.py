"""The playground: a page on which records go through a real stream, and every number is the lab's own.

`spans` and `model` are pure: from answers and counts to what a page shows. `account` is the playground's own
AWS account, `sending` and `readers` are what runs in it, `engine` holds all of that together, `routes` are
its addresses, and `page/` is what the browser gets. `lab.commands` and JupyterLab load it.
"""
