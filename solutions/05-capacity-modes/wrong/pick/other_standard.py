given = variant("pick")
cheapest_dollars = 720 * 0.04 + given["gb_in"] * 0.08 + given["gb_in"] * given["readers"] * 0.04 + 1
