"""Event source mappings: streams that are read for functions, by the rules that AWS documents.

`operations` answers the API, `mapping` is one mapping at work, `shards` reads, `lanes` hands batches to the
function. Pure, and without LocalStack: `settings`, `batches`, `answers`, `windows`, `events`.
"""
