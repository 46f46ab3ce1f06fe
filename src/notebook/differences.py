def by_fraction(part):
    """The values of the last generation: a row a seed, a column a human fraction."""
    last = part[part["generation"] == part["generation"].max()]
    return last.pivot_table(index="seed", columns="human_fraction", values="value", dropna=False,
                            aggfunc=lambda v: v.mean(skipna=False))


differences = []
for metric in METRICS:
    alone = dict(settings_of(values_of(metric, control=True)))
    for setting, part in settings_of(values_of(metric)):
        if not len(part) or part["human_fraction"].isna().all():
            continue
        table = by_fraction(part)
        reference = table.columns.max()
        pairs = [("", fraction, table[fraction]) for fraction in table.columns.drop(reference)]
        control = alone.get(setting)
        if control is not None and len(control):
            pairs += [("human rows alone", fraction, values) for fraction, values in by_fraction(control).items()]
        for which, fraction, values in pairs:
            d = values - table[reference]
            if not np.isfinite(d).all():  # the difference of the seeds that survive is not that of all
                continue
            half = critical(len(d)) * d.std() / np.sqrt(len(d)) if len(d) > 1 else np.nan
            name = ", ".join(word for word in [setting, which] if word)
            differences.append({"metric": metric, "setting": name, "human_fraction": fraction,
                                "against": reference, "seeds": len(d), "difference": d.mean(),
                                "low": d.mean() - half, "high": d.mean() + half})
differences = pd.DataFrame(differences)

if len(differences):
    figure, axes = plt.subplots(DEEP, ACROSS, squeeze=False, layout="constrained",
                                figsize=(3.6 * ACROSS + 1, 3.2 * DEEP))
    for ax in axes.flat[len(METRICS):]:
        ax.set_visible(False)
    for ax, metric in zip(axes.flat, METRICS):
        part = differences[differences["metric"] == metric]
        levels = {f: i for i, f in enumerate(sorted(part["human_fraction"].unique()))}
        groups = list(part.groupby("setting"))
        for i, (setting, some) in enumerate(groups):
            y = some["human_fraction"].map(levels) + 0.5 * ((i + 0.5) / len(groups) - 0.5)
            errors = [some["difference"] - some["low"], some["high"] - some["difference"]]
            ax.errorbar(some["difference"], y, xerr=np.nan_to_num(errors), fmt=MARKERS[i % len(MARKERS)],
                        color=COLOURS[i % len(COLOURS)],
                        markersize=4, capsize=2, label=setting or "mixed with synthetic rows")
        ax.axvline(0, color="black", linewidth=1)
        ax.set_yticks(list(levels.values()), [name_of(f) for f in levels])
        ax.set_ylim(len(levels) - 0.4, -0.6)
        ax.set_title(metric, fontsize=9)
        ax.set_xlabel("difference to the highest fraction")
        ax.set_ylabel("human fraction")
        ax.locator_params(axis="x", nbins=4)
        ax.grid(axis="x", color="0.9")
        ax.spines[["top", "right"]].set_visible(False)
    if len(groups) > 1:
        figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside right upper", frameon=False)
    plt.show()
differences
