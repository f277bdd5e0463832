"""The site as its visitors get it."""
