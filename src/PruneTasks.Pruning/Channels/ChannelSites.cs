using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Gathers classes of coordinates into sites.</summary>
internal sealed class ChannelSites(Graph graph, ChannelAxes axes)
{
    /// <summary>How many coordinates of an axis a unit takes; axes by their number in <see cref="_all"/>.</summary>
    private readonly record struct Share(int Axis, int Count);

    private readonly (Value Value, int Axis, AxisRange Range)[] _all =
        [.. axes.Known.SelectMany(k => k.Axes.Select((range, i) => (k.Value, i, range))).Where(a => a.range.IsFollowed)];

    /// <summary>The sites, in topological order; units in the order of their first coordinates.</summary>
    public IReadOnlyList<ChannelSite> Collect()
    {
        Dictionary<Node, int> position = graph.Nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
        List<(int[] Units, List<Share> Form)> groups = [.. Groups().Where(g => g.Units.Length > 1)];
        DropThirdAxes(groups);
        Dictionary<int, FoundEnd[]> ends = Ends();
        HashSet<string> names = new(StringComparer.Ordinal);
        return
        [
            .. groups.Select(g => Site(g.Units, g.Form, ends, position)).OfType<ChannelSite>().OrderBy(s => position[s.First]).ThenBy(s => s.Affected[0].UnitOf.ToList().FindIndex(u => u >= 0))
                .Select(s => s with { Name = Unique(s.Name, names) }),
        ];
    }

    private IEnumerable<(int[] Units, List<Share> Form)> Groups()
    {
        HashSet<int> summed = [];
        foreach (FoundEnd end in axes.Ends.Where(e => e.SumsOver))
        {
            AxisRange range = RangeOf(end);
            for (int i = 0; range.IsFollowed && i < range.Size; i++) summed.Add(axes.Classes.Find(range.Start + i));
        }
        SortedDictionary<int, List<Share>> units = [];
        for (int a = 0; a < _all.Length; a++)
        {
            AxisRange range = _all[a].Range;
            for (int i = 0; i < range.Size; i++)
            {
                int root = axes.Classes.Find(range.Start + i);
                if (!summed.Contains(root) || !axes.Classes.IsFree(root)) continue;
                if (!units.TryGetValue(root, out List<Share>? shares)) units[root] = shares = [];
                if (shares.Count > 0 && shares[^1].Axis == a) shares[^1] = new Share(a, shares[^1].Count + 1);
                else shares.Add(new Share(a, 1));
            }
        }
        Dictionary<List<Share>, List<int>> byForm = new(new SameForm());
        foreach ((int root, List<Share> form) in units)
        {
            if (!byForm.TryGetValue(form, out List<int>? same)) byForm[form] = same = [];
            same.Add(root);
        }
        return byForm.Select(g => (g.Value.ToArray(), g.Key)).OrderBy(g => g.Item1[0]);
    }

    /// <summary>Costs are counted where a constant becomes shorter along two axes at most: sites that would take a third are left.</summary>
    private void DropThirdAxes(List<(int[] Units, List<Share> Form)> groups)
    {
        Dictionary<Value, HashSet<int>> cut = [];
        for (int g = 0; g < groups.Count; g++)
        {
            (Value Value, int Axis)[] constants = [.. groups[g].Form.Select(s => _all[s.Axis]).Where(a => a.Value.Constant is not null).Select(a => (a.Value, a.Axis))];
            if (constants.GroupBy(c => c.Value).Any(c => c.Select(x => x.Axis).Union(cut.GetValueOrDefault(c.Key, [])).Count() > 2))
            {
                groups.RemoveAt(g--);
                continue;
            }
            foreach ((Value value, int axis) in constants)
            {
                if (!cut.TryGetValue(value, out HashSet<int>? seen)) cut[value] = seen = [];
                seen.Add(axis);
            }
        }
    }

    private Dictionary<int, FoundEnd[]> Ends() =>
        axes.Ends.Where(e => RangeOf(e).IsFollowed).GroupBy(e => RangeOf(e).Start).ToDictionary(g => g.Key, g => g.ToArray());

    private ChannelSite? Site(int[] roots, List<Share> form, Dictionary<int, FoundEnd[]> ends, Dictionary<Node, int> position)
    {
        Dictionary<int, int> unit = roots.Select((root, i) => (root, i)).ToDictionary(x => x.root, x => x.i);
        List<AffectedAxis> affected = [];
        List<ConstantAxis> constants = [];
        List<ChannelEnd> producers = [], consumers = [];
        foreach (Share share in form)
        {
            (Value value, int axis, AxisRange range) = _all[share.Axis];
            var unitOf = new int[range.Size];
            for (int i = 0; i < range.Size; i++) unitOf[i] = unit.GetValueOrDefault(axes.Classes.Find(range.Start + i), -1);
            if (value.Constant is null) affected.Add(new AffectedAxis(value, axis, unitOf));
            else constants.Add(new ConstantAxis(value, axis, unitOf));
            foreach (FoundEnd end in ends.GetValueOrDefault(range.Start, []))
                (end.SumsOver ? consumers : producers).Add(new ChannelEnd(end.Node, end.WeightInput, end.WeightAxis, unitOf));
        }
        affected = [.. affected.OrderBy(a => position[a.Value.Producer!])];
        // Neither a layer nor a table makes the units, as where a code is compared with numbers (one-hot): these are no features that others could take over.
        if (affected.Count == 0 || (producers.Count == 0 && !constants.Any(IsTable))) return null;
        producers = [.. producers.OrderBy(p => position[p.Node])];
        consumers = [.. consumers.OrderBy(p => position[p.Node])];
        string name = (producers.Count > 0 ? producers[0].Node : affected[0].Value.Producer!).Outputs[0].Name;
        return new ChannelSite(name, roots.Length, affected, affected[0].Value.Producer!, producers, consumers, constants);
    }

    private static bool IsTable(ConstantAxis constant) =>
        constant.Constant.Uses.Any(use => use is { Index: 0, Node: { OpType: "Gather", Domain: "" } gather } && (gather.Int("axis", 0) + constant.Constant.Constant!.Shape.Count) % constant.Constant.Constant.Shape.Count != constant.Axis);

    private AxisRange RangeOf(FoundEnd end) => axes.Of(end.Node.Inputs[end.WeightInput]!)![end.WeightAxis];

    // Several sites may start at one layer, as where a Split divides its channels.
    private static string Unique(string name, HashSet<string> names)
    {
        string unique = name;
        for (int i = 2; !names.Add(unique); i++) unique = $"{name}#{i}";
        return unique;
    }

    private sealed class SameForm : IEqualityComparer<List<Share>>
    {
        public bool Equals(List<Share>? x, List<Share>? y) => x is null ? y is null : y is not null && x.SequenceEqual(y);

        public int GetHashCode(List<Share> obj)
        {
            HashCode hash = new();
            foreach (Share share in obj) hash.Add(share);
            return hash.ToHashCode();
        }
    }
}
