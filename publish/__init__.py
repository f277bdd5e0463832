"""What others get: the site (`make site`), and the wheels (`make wheels`, in `wheels/`).

The site is the course, its documents and its API as pages that need no server.

Imports `lab` and `grader`; nothing imports this folder. Sphinx runs in an environment of its own,
`.lab/site`, from requirements/site.txt: no learner gets it.

    page sources  `sources` lays notebooks and documents out as pages, `notebooks` makes a page of a notebook
    Sphinx        `conf.py`, with the pages that only the site has in `pages/` and its style in `look/`
    after it      `proof` reads the built pages: links, pictures, and that no answer is in them
"""
