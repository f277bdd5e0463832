import fractions
import math


def hours_until_loss(ages, retention_hours):
    first, *_, last = ages
    limit = 60 * retention_hours
    if last >= limit:
        return 0
    if last <= first:
        return None
    per_hour = fractions.Fraction(last - first, len(ages[1:]))
    return math.floor((limit - last) / per_hour)
