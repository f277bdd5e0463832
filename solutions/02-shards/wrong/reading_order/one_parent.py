def reading_order(shards):
    ids = [s["ShardId"] for s in shards]
    todo = list(shards)
    done = []
    while todo:
        for s in list(todo):
            parent = s.get("ParentShardId")
            if parent is None or parent not in ids or parent in done:
                done.append(s["ShardId"])
                todo.remove(s)
    return done
