def summary(part, by):
    """Mean over the seeds that have a value, with its interval, by the columns given; where some are infinite the
    median of all, without an interval."""
    def of(values):
        finite = values[np.isfinite(values)]
        infinite = len(finite) < values.notna().sum()
        return pd.Series({"count": len(finite), "mean": values.median() if infinite else finite.mean(),
                          "std": np.nan if infinite else finite.std()})

    s = part.groupby(by, dropna=False)["value"].apply(of).unstack().reset_index()
    half = critical(s["count"]) * s["std"].fillna(0) / np.sqrt(s["count"].clip(lower=1))
    half = half.where(np.isfinite(s["mean"]) & ((s["count"] < 2) | s["std"].notna()))
    return s.assign(low=s["mean"] - half, high=s["mean"] + half)


MARKERS = "osD^vPX"
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
settings = [name for name, _ in settings_of(rows[rows["subject"] != "human"])]
fractions = sorted(rows["human_fraction"].dropna().unique())
colours = {f: plt.cm.viridis(0.85 * i / max(len(fractions) - 1, 1)) for i, f in enumerate(fractions)}
ACROSS = max(min(4, len(METRICS)), 1)
DEEP = max(-(-len(METRICS) // ACROSS), 1)  # rows of panels for one setting
figure, axes = plt.subplots(len(settings) * DEEP, ACROSS, squeeze=False, layout="constrained",
                            figsize=(3.1 * ACROSS + 1.4, 2.6 * len(settings) * DEEP))
for ax in axes.flat:
    ax.set_visible(False)
handles = {}
for column, metric in enumerate(METRICS):
    human = rows[(rows["metric"] == metric) & (rows["subject"] == "human")]["value"]
    parts = dict(settings_of(values_of(metric)))
    alone = dict(settings_of(values_of(metric, control=True)))
    for row, setting in enumerate(settings):
        ax = axes[row * DEEP + column // ACROSS][column % ACROSS]
        ax.set_visible(True)
        part = parts.get(setting)
        if part is not None and len(part):
            curves = summary(part, ["human_fraction", "generation"])
            for i, (fraction, c) in enumerate(curves.groupby("human_fraction", dropna=False)):
                colour = colours.get(fraction, "black")
                line, = ax.plot(c["generation"], c["mean"], color=colour, marker=MARKERS[i % len(MARKERS)],
                                markersize=3.5, markevery=max(len(c) // 10, 1), label=name_of(fraction))
                shown = c[np.isfinite(c["mean"])]
                if len(shown) and shown["generation"].max() < c["generation"].max():  # an open end
                    end = shown.iloc[-1]
                    ax.plot(end["generation"], end["mean"], "o", markersize=9, markerfacecolor="none", color=colour)
                ax.fill_between(c["generation"], c["low"], c["high"], color=colour, alpha=0.18, linewidth=0)
                handles.setdefault(name_of(fraction), line)
            control = alone.get(setting, part.iloc[0:0])
            for fraction, c in control[control["generation"] == control["generation"].max()].groupby("human_fraction"):
                ax.axhline(c["value"].mean(skipna=False), color=colours[fraction], linewidth=1, linestyle="--")
                handles.setdefault("human rows alone", plt.Line2D([], [], color="black", linewidth=1, linestyle="--"))
        else:
            ax.text(0.5, 0.5, "no data", ha="center", transform=ax.transAxes)
        if len(human):
            handles.setdefault("human vs human", ax.axhline(human.mean(), color="grey", linewidth=1))
        ax.set_title(f"{metric}\n{setting}" if setting else metric, fontsize=9)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.grid(color="0.9")
        ax.spines[["top", "right"]].set_visible(False)
        if row == len(settings) - 1 and column + ACROSS >= len(METRICS):
            ax.set_xlabel("generation")
if handles:
    figure.legend(handles.values(), handles.keys(), title="human fraction", loc="outside right upper", frameon=False)
plt.show()
