"""What the commands of `lab` do. Only `lab.cli` imports it; it may import all of `lab` below."""
