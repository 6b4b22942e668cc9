namespace PruneTasks.Onnx;

/// <summary>Concrete sizes for the axes of a model's inputs that the file leaves open.</summary>
public sealed record ShapeBinding
{
    /// <summary>Size of an open first axis.</summary>
    public required long Batch { get; init; }

    /// <summary>Size of any other open axis.</summary>
    public required long Other { get; init; }

    /// <summary>Sizes by symbol (<c>dim_param</c>); they win over <see cref="Batch"/> and <see cref="Other"/>.</summary>
    public IReadOnlyDictionary<string, long> Symbols { get; init; } = new Dictionary<string, long>();

    /// <summary>Whole shapes by input name; they win over everything, also over sizes that the file fixes.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<long>> Inputs { get; init; } = new Dictionary<string, IReadOnlyList<long>>();

    /// <summary>One size for open first axes, another for all other open axes.</summary>
    public static ShapeBinding Default(long batch = 2, long other = 7) => new() { Batch = batch, Other = other };

    /// <summary>Exact shapes of all inputs, by name.</summary>
    public static ShapeBinding Exact(IReadOnlyDictionary<string, IReadOnlyList<long>> inputs) => Default() with { Inputs = inputs };

    /// <summary>The shape of <paramref name="input"/>, or <see langword="null"/> if the file does not even tell its rank.</summary>
    public IReadOnlyList<long>? ShapeOf(Value input) =>
        Inputs.TryGetValue(input.Name, out IReadOnlyList<long>? exact)
            ? exact
            : input.DeclaredShape is { } axes ? [.. axes.Select((axis, i) => SizeOf(axis, i))] : null;

    private long SizeOf(Axis axis, int index) =>
        axis.Size ?? (axis.Symbol is { } symbol && Symbols.TryGetValue(symbol, out long size) ? size : index == 0 ? Batch : Other);

    /// <summary>This binding with a size for every symbol of <paramref name="graph"/>'s inputs: equal symbols are equal sizes, decided where a symbol occurs first.</summary>
    public ShapeBinding For(Graph graph)
    {
        var symbols = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (Value input in graph.Inputs)
        {
            if (input.DeclaredShape is not { } axes) continue;
            IReadOnlyList<long> shape = ShapeOf(input)!;
            for (int i = 0; i < Math.Min(axes.Count, shape.Count); i++)
            {
                if (axes[i].Symbol is { } symbol) symbols.TryAdd(symbol, shape[i]);
            }
        }
        foreach ((string symbol, long size) in Symbols) symbols[symbol] = size;
        return this with { Symbols = symbols };
    }
}
