"""Shards by numbers alone: the map of hash ranges, resharding plans, token buckets, growth. Pure."""
