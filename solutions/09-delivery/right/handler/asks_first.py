def handler(event, context):
    answers = []
    for record in event["records"]:
        told = {"recordId": record["recordId"], "data": record["data"]}
        try:
            sale = json.loads(base64.b64decode(record["data"]).decode())
        except ValueError:
            sale = None
        if not isinstance(sale, dict) or not {"id", "kind", "cents"} <= set(sale):
            answers.append(told | {"result": "ProcessingFailed"})
            continue
        if sale["kind"] == "test":
            answers.append(told | {"result": "Dropped"})
            continue
        line = ",".join([str(sale["id"]), str(sale["kind"]), str(sale["cents"])]) + "\n"
        data = base64.b64encode(line.encode()).decode()
        answers.append(told | {"result": "Ok", "data": data})
    return {"records": answers}
