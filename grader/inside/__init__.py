"""What runs beside the learner's code: take all of it for lost. It knows nothing worth knowing.

May import `notebook`, `walls` and below; no expected value and no hidden case exists here.
"""
