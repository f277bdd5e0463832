def invocations(count, batch_size, bad, retries, way):
    """The records of each invocation, as [first, last], in order."""

    def is_bad(first, last):
        return any(first <= number <= last for number in bad)

    def hand_over(first, last):
        made = [[first, last]]
        if not is_bad(first, last):
            return made
        if way == "partial":
            return made + [[number, last] for number in sorted(bad) if first <= number <= last]
        if way == "bisect" and first < last:
            middle = (first + last) // 2
            one, other = hand_over(first, middle), hand_over(middle + 1, last)
            return [*made, one[0], other[0], *one[1:], *other[1:]]
        return made + [[first, last]] * retries

    starts = range(0, count, batch_size)
    return [c for first in starts for c in hand_over(first, min(first + batch_size, count) - 1)]
