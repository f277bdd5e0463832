def handler(event, context):
    answers = []
    for record in event["records"]:
        told = {"recordId": record["recordId"], "data": record["data"]}
        try:
            sale = json.loads(base64.b64decode(record["data"]))
            line = f"{sale['id']},{sale['kind']},{sale['cents']}\n"
        except (ValueError, KeyError, TypeError):
            answers.append(told | {"result": "ProcessingFailed"})
            continue
        if sale["kind"] == "test":
            answers.append(told | {"result": "Dropped"})
            continue
        data = base64.b64encode(line.encode()).decode()
        answers.append(told | {"result": "Ok", "data": data})
    return {"records": answers}
