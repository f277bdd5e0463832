"""LocalStack plugins of the lab, run in the emulator's environment.

They import only `lab`'s standard-library modules.
"""
