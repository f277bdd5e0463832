"""CloudWatch: metrics in memory, alarms that follow the account's clock. May import `accounts`."""
