"""A normal distribution in two calls, with nothing but Python's standard library.

gaussian.py fit TRAIN MODEL              leaves MODEL/parameters.json
gaussian.py sample MODEL SAMPLES N SEED  leaves N rows
"""
import csv
import json
import random
import sys

verb, *paths = sys.argv[1:]
if verb == "fit":
    train, model = paths
    with open(train) as file:
        header, *rows = csv.reader(file)
    columns = [[float(row[i]) for row in rows] for i in range(len(header))]
    means = [sum(column) / len(column) for column in columns]
    spreads = [
        (sum((x - mean) ** 2 for x in column) / len(column)) ** 0.5 for column, mean in zip(columns, means)
    ]
    with open(f"{model}/parameters.json", "w") as file:
        json.dump({"header": header, "means": means, "spreads": spreads}, file)
else:
    model, samples, n, seed = paths
    with open(f"{model}/parameters.json") as file:
        fitted = json.load(file)
    draw = random.Random(int(seed))
    with open(samples, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(fitted["header"])
        for _ in range(int(n)):
            writer.writerow(draw.gauss(m, s) for m, s in zip(fitted["means"], fitted["spreads"]))
