def invocations(count, batch_size, bad, retries, way):
    """The records of each invocation, as [first, last], in order."""
    calls = []

    def hand_over(first, last):
        """One batch, and all that comes of it."""
        calls.append([first, last])
        found = [number for number in bad if first <= number <= last]
        if not found:
            return
        if way == "partial":
            # It works the second time, so only the later bad ones are still to come.
            for number in sorted(found):
                calls.append([number, last])
        elif way == "bisect" and first < last:
            middle = (first + last) // 2
            hand_over(first, middle)
            hand_over(middle + 1, last)
        else:
            calls.extend([[first, last]] * retries)

    for first in range(0, count, batch_size):
        last = min(first + batch_size, count) - 1
        hand_over(first, last)
        if way == "plain" and any(first <= number <= last for number in bad):
            break
    return calls
