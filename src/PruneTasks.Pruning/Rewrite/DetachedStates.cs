using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>A cache that a decoder gets as an input and gives back longer as an output.</summary>
/// <param name="Past">Name of the input.</param>
/// <param name="Present">Name of the output.</param>
/// <param name="Axis">The axis that grows with the tokens.</param>
public sealed record StateName(string Past, string Present, int Axis);

/// <summary>
/// Keys and values of a decoder that come partly from an earlier run: present = Concat(past, new). While a model is pruned its caches are empty, so the new ones are all
/// there are: without that Concat and that output the attention layer is one as any other, and when it is narrower, the cache is put back as narrow as it then has to be.
/// </summary>
/// <remarks>
/// In place of each Concat stands a product with 1. A factor ends the part in front of which a projection may be written anew (<see cref="EntryFinder"/>), so the place where the cache
/// belongs stays one value of its own, and keeps its name. Inputs stay, with an axis of length 0: what counts tokens reads the length of the past from them.
/// </remarks>
public sealed class DetachedStates
{
    private readonly IReadOnlyList<string> _outputs;
    private readonly IReadOnlyList<Detached> _states;

    private DetachedStates(IReadOnlyList<string> outputs, IReadOnlyList<Detached> states) => (_outputs, _states) = (outputs, states);

    /// <summary>Number of caches that were taken off.</summary>
    public int Count => _states.Count;

    /// <summary>Takes off every cache that is nothing but a Concat in front of the attention.</summary>
    /// <param name="model">The model, which is edited.</param>
    /// <param name="states">Its states.</param>
    /// <returns>What <see cref="Attach"/> needs; <see langword="null"/> if there was no such cache, and nothing was changed.</returns>
    public static DetachedStates? Detach(OnnxModel model, IEnumerable<StateName> states)
    {
        Graph graph = model.Graph;
        string[] outputs = [.. graph.Outputs.Select(v => v.Name)];
        List<Detached> found = [];
        foreach (StateName state in states)
        {
            if (Concat(graph, state) is not { } concat) continue;
            (Value past, Value present) = (concat.Inputs[0]!, concat.Outputs[0]);
            found.Add(new Detached(state, past.DeclaredShape!, present.DeclaredShape));
            Value added = concat.Inputs[1]!, one = graph.AddInitializer(present.Name + "_one", TensorData.FromFloats(past.Type, [], [1]));
            graph.InsertAfter(present, "Mul", _ => [added, one]);
            graph.DeclareInput(past, [.. past.DeclaredShape!.Select((axis, i) => i == state.Axis ? new Axis(0, null) : axis)]);
        }
        if (found.Count == 0) return null;
        HashSet<string> gone = [.. found.Select(s => s.Name.Present)];
        graph.SetOutputs([.. graph.Outputs.Where(v => !gone.Contains(v.Name))]);
        graph.RemoveUnused();
        return new DetachedStates(outputs, found);
    }

    /// <summary>Puts the caches back, with the sizes that keys and values have now.</summary>
    /// <param name="model">What became of the model that <see cref="Detach"/> edited; edited itself.</param>
    /// <exception cref="InvalidOperationException">The place of a cache is gone, or its sizes are not known.</exception>
    public void Attach(OnnxModel model)
    {
        Graph graph = model.Graph;
        ShapeInvariants narrow = ShapeInvariants.Find(model);
        Dictionary<Value, Dictionary<int, long>> sizes = [];
        List<(Value, ElementType, IReadOnlyList<Axis>?)> declared = [];
        foreach (Detached state in _states)
        {
            Value past = graph.Inputs.Single(v => v.Name == state.Name.Past);
            if (graph.Values.GetValueOrDefault(state.Name.Present)?.Producer is not { OpType: "Mul", Inputs: [{ } added, _] } factor)
                throw new InvalidOperationException($"the place of '{state.Name.Present}' is gone");
            IReadOnlyList<long?> shape = narrow.ShapeOf(added) is { } known && known.Count == state.Past.Count ? known : throw new InvalidOperationException($"the sizes of '{state.Name.Present}' are not known");
            sizes[past] = [];
            for (int i = 0; i < shape.Count; i++)
                if (i != state.Name.Axis && state.Past[i].Size is { } size && size != shape[i]) sizes[past][i] = size;
            Value present = factor.Outputs[0];
            graph.InsertAfter(present, "Concat", _ => [past, added], new Dictionary<string, AttributeData> { ["axis"] = (long)state.Name.Axis });
            graph.DeclareInput(past, Sizes(state.Past, shape, state.Name.Axis));
            declared.Add((present, past.Type, state.Present is null ? null : Sizes(state.Present, shape, state.Name.Axis)));
        }
        graph.SetOutputs([.. _outputs.Select(name => graph.Values[name])]);
        foreach ((Value present, ElementType type, IReadOnlyList<Axis>? shape) in declared) graph.DeclareOutput(present, shape, type);
        graph.RemoveUnused();
        // Who reads a fixed size from a cache means the one that the file had. Looked at with caches in place: without them their length counts as constant.
        ShapePatcher patcher = new(graph, ShapeInvariants.Find(model));
        foreach ((Value past, Dictionary<int, long> old) in sizes.Where(s => s.Value.Count > 0))
            foreach (Use use in past.Uses.Where(u => u.Node.OpType == "Shape").ToArray()) patcher.KeepShape(use.Node, old);
    }

    /// <summary>The node that makes a present of a past, if nothing else but Shape reads the past, and something reads the present.</summary>
    private static Node? Concat(Graph graph, StateName state) =>
        graph.Inputs.FirstOrDefault(v => v.Name == state.Past) is { IsCaptured: false, DeclaredShape: { } axes } past
        && graph.Outputs.FirstOrDefault(v => v.Name == state.Present) is { IsCaptured: false, Uses.Count: > 0, Producer: { OpType: "Concat", Domain: "", Inputs: [var first, { Constant: null }] } node }
        && first == past && state.Axis > 0 && state.Axis < axes.Count && axes[state.Axis].Size is null
        && node.Int("axis", 0) is var axis && (axis < 0 ? axis + axes.Count : axis) == state.Axis
        && past.Uses.All(use => use.Node == node || use.Node is { OpType: "Shape", Domain: "" })
            ? node
            : null;

    private static Axis[] Sizes(IReadOnlyList<Axis> declared, IReadOnlyList<long?> now, int grows) =>
        [.. declared.Select((axis, i) => i == grows || axis.Size is null ? axis : new Axis(now[i] ?? throw new InvalidOperationException("a size of a cache is no longer fixed"), null))];

    /// <summary>A cache that was taken off, with the shapes that the file declares for it.</summary>
    private sealed record Detached(StateName Name, IReadOnlyList<Axis> Past, IReadOnlyList<Axis>? Present);
}
