"""IAM's decisions on the lab's calls: off by default, switched on for one account (control switch `iam`).

`lab.rules.policy` decides; here its questions are put together. `plugin` stands before every service. A
module for each service says which actions on which resources a call needs (`kinesis`, `kms`, `storage`,
...); `identities` says who calls; `documents` reads the stored policies. What can't be mapped or read is
refused by its name.
"""
