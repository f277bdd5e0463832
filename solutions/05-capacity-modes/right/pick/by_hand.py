given = variant("pick")
gb_in, gb_out = given["gb_in"], given["gb_in"] * given["readers"]
provisioned = given["shards"] * 10.8 + given["million_records"] * 0.014
standard = 28.8 + gb_in * 0.08 + gb_out * 0.04
advantage = max(gb_in, 67948) * 0.032 + max(gb_out, 67948) * 0.016
cheapest_dollars = sorted([provisioned, standard, advantage])[0]
