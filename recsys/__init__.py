"""Nine course recommenders, one small package: load a data set, fit a model, ask it why.

    from recsys import load_dataset, models
    dataset = load_dataset("bundled")
    model = models.KNN(neighbours=40).fit(dataset)
    model.recommend({"PY0101EN": 3}, k=10)
"""
