"""This machine: files, locks, ports, processes. Knows nothing of AWS; may import only `lab.errors`."""
