namespace PruneTasks.Spec.Onnx;

/// <summary>A state of a language model: an input, and the output that is to be the input of the next step.</summary>
/// <param name="Past">Name of the input.</param>
/// <param name="Present">Name of the output.</param>
/// <param name="Axis">The axis that grows with the tokens; -1 for a state of fixed size.</param>
public sealed record StatePair(string Past, string Present, int Axis);

/// <summary>
/// Finds which outputs continue which inputs: an attention's present keys are its past keys with those of the new tokens behind, so of all
/// state inputs the nearest one upstream of an output is its past. Names decide only between equally near ones, as where one fused operator
/// has both keys and values.
/// </summary>
internal static class StatePairs
{
    /// <summary>The pairs, in the order of inputs; inputs and outputs that fit nothing are left out.</summary>
    /// <exception cref="OnnxFormatException">The file is cut off.</exception>
    public static IReadOnlyList<StatePair> Find(Stream model, ModelSignature signature)
    {
        TensorSignature[] pasts = [.. signature.Inputs.Where(IsState)];
        TensorSignature[] presents = [.. signature.Outputs.Where(IsState)];
        if (pasts.Length == 0 || presents.Length == 0)
            return [];
        return Find(GraphLinks.Read(model), pasts, presents);
    }

    internal static IReadOnlyList<StatePair> Find(GraphLinks links, TensorSignature[] pasts, TensorSignature[] presents)
    {
        Dictionary<string, TensorSignature> byName = pasts.ToDictionary(past => past.Name, StringComparer.Ordinal);
        List<(TensorSignature Present, TensorSignature[] Nearest)> open = [];
        foreach (TensorSignature present in presents)
        {
            TensorSignature[] nearest = links.Nearest(present.Name, name => byName.TryGetValue(name, out TensorSignature? past) && Axis(past, present) is not null)
                .Select(name => byName[name]).ToArray();
            if (nearest.Length > 0)
                open.Add((present, nearest));
        }
        Dictionary<string, StatePair> found = new(StringComparer.Ordinal);
        // What has one candidate is settled first; each settled one narrows the others.
        while (open.Count > 0)
        {
            int at = open.FindIndex(item => item.Nearest.Length == 1);
            (TensorSignature present, TensorSignature[] nearest) = open[Math.Max(at, 0)];
            open.RemoveAt(Math.Max(at, 0));
            TensorSignature past = nearest.Length == 1 ? nearest[0] : nearest.FirstOrDefault(one => Stem(one.Name) == Stem(present.Name)) ?? nearest[0];
            found[past.Name] = new StatePair(past.Name, present.Name, Axis(past, present)!.Value);
            open = [.. open.Select(item => (item.Present, Nearest: item.Nearest.Where(one => one != past).ToArray())).Where(item => item.Nearest.Length > 0)];
        }
        return [.. pasts.Where(past => found.ContainsKey(past.Name)).Select(past => found[past.Name])];
    }

    // Token ids and masks are integers; a state has a batch, and at least one axis more than them.
    internal static bool IsState(TensorSignature tensor) =>
        tensor.ElementType is ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64 && tensor.Axes is { Count: >= 3 };

    /// <summary>The axis that grows; -1 when none does; null when the two cannot be a pair.</summary>
    private static int? Axis(TensorSignature past, TensorSignature present)
    {
        if (past.ElementType != present.ElementType || past.Axes!.Count != present.Axes!.Count)
            return null;
        List<int> open = [];
        for (int i = 0; i < past.Axes.Count; i++)
        {
            (AxisSignature a, AxisSignature b) = (past.Axes[i], present.Axes[i]);
            if (a.Length is { } one && b.Length is { } other && one != other)
                return null;
            if (i > 0 && a.Length is null)
                open.Add(i);
        }
        int[] differing = [.. open.Where(i => past.Axes[i].Symbol != present.Axes[i].Symbol)];
        if (differing.Length == 1)
            return differing[0];
        return open.Count switch { 0 => -1, 1 => open[0], _ => null };
    }

    // past_key_values.0.key and present.0.key, past_0_k and present_0_k, and the like.
    private static string Stem(string name)
    {
        string stem = name.ToLowerInvariant();
        foreach (string word in new[] { "past_key_values", "present_key_values", "past", "present", "cache", "_in", "_out", "input", "output", "new" })
            stem = stem.Replace(word, "");
        return string.Concat(stem.Where(char.IsLetterOrDigit));
    }
}

/// <summary>Which node gives a value and what it takes; names only.</summary>
internal sealed class GraphLinks
{
    private readonly Dictionary<string, IReadOnlyList<string>> _inputs = new(StringComparer.Ordinal);

    /// <summary>Adds a node.</summary>
    public void Add(IReadOnlyList<string> inputs, IEnumerable<string> outputs)
    {
        foreach (string output in outputs.Where(name => name.Length > 0))
            _inputs[output] = inputs;
    }

    /// <exception cref="OnnxFormatException">The file is cut off.</exception>
    public static GraphLinks Read(Stream stream)
    {
        var links = new GraphLinks();
        foreach (GraphNode node in GraphNodes.Read(stream).Nodes)
            links.Add(node.Inputs, node.Outputs);
        return links;
    }

    /// <summary>Of the values that are wanted, those the fewest nodes upstream; in the order of nodes' inputs.</summary>
    public IReadOnlyList<string> Nearest(string value, Func<string, bool> wanted)
    {
        HashSet<string> seen = new(StringComparer.Ordinal) { value };
        List<string> level = [value];
        while (level.Count > 0)
        {
            List<string> above = [];
            foreach (string name in level)
            {
                if (_inputs.TryGetValue(name, out IReadOnlyList<string>? inputs))
                    above.AddRange(inputs.Where(input => input.Length > 0 && seen.Add(input)));
            }
            string[] found = [.. above.Where(wanted)];
            if (found.Length > 0)
                return found;
            level = above;
        }
        return [];
    }
}
