"""Lambda: functions, and the mappings that read streams for them."""
