def layout(name, values, filters):
    keys, partitions = [], 1
    for field in filters:
        if True:
            keys.append(field)
            partitions *= values[field]
    day = "year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/"
    folders = ""
    for key in keys:
        folders += key + "=!{partitionKeyFromQuery:" + key + "}/"
    query = "{" + ", ".join(key + ": ." + key for key in keys) + "}" if keys else ""
    return {"query": query, "prefix": name + "/" + folders + day}
