def invocations(count, batch_size, bad, retries, way):
    """With a list of what is still to be called."""
    todo = [(n, min(n + batch_size, count) - 1, retries) for n in range(0, count, batch_size)]
    still_bad, calls = set(bad), []
    while todo:
        first, last, left = todo.pop(0)
        calls.append([first, last])
        found = sorted(n for n in still_bad if first <= n <= last)
        if not found:
            continue
        if way == "partial":
            still_bad.remove(found[0])
            todo.insert(0, (found[0], last, left))
        elif way == "bisect" and first != last:
            middle = first + (last - first) // 2
            todo[:0] = [(first, middle, retries), (middle + 1, last, retries)]
        elif left:
            todo.insert(0, (first, last, left - 1))
    return calls
