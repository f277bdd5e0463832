"""What the lab keeps for each AWS account: its clock, switches, faults. May import `lab.rules` alone."""
