"""LocalStack plugins of the lab. Run inside the emulator's environment; import only `lab`'s standard-library modules."""
