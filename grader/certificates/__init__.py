"""Records of work and certificates: made, signed, checked, printed. May import what stands below it; only
`commands` imports it.

What is signed is an Open Badges 3.0 credential with a Data Integrity proof, which others' software checks.
"""
