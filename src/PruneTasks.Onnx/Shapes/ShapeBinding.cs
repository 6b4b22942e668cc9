using PruneTasks.Onnx.Shapes;

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

    /// <summary>As <see cref="Default"/>, with a size for open axes that the model takes: the given one, unless some operator contradicts it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">Size of an open first axis.</param>
    /// <param name="other">What is tried first for all other open axes.</param>
    public static ShapeBinding Taken(OnnxModel model, long batch = 2, long other = 7) => TakenSizes.Find(model, Default(batch, other));

    /// <summary>Exact shapes of all inputs, by name.</summary>
    public static ShapeBinding Exact(IReadOnlyDictionary<string, IReadOnlyList<long>> inputs) => Default() with { Inputs = inputs };

    /// <summary>The shape of <paramref name="input"/>, or <see langword="null"/> if the file does not even tell its rank.</summary>
    public IReadOnlyList<long>? ShapeOf(Value input) =>
        Inputs.TryGetValue(input.Name, out IReadOnlyList<long>? exact)
            ? exact
            : input.DeclaredShape is { } axes ? [.. axes.Select((axis, i) => SizeOf(input, axis, i))] : null;

    /// <summary>Sizes of open axes without a symbol that constants behind them ask for, by input.</summary>
    private IReadOnlyDictionary<string, long?[]> Demanded { get; init; } = new Dictionary<string, long?[]>();

    private long SizeOf(Value input, Axis axis, int index) =>
        axis.Size
        ?? (axis.Symbol is { } symbol && Symbols.TryGetValue(symbol, out long size) ? size : (long?)null)
        ?? (Demanded.TryGetValue(input.Name, out long?[]? demanded) ? demanded[index] : null)
        ?? (index == 0 ? Batch : Other);

    /// <summary>
    /// This binding with a size for every symbol of <paramref name="graph"/>'s inputs: equal symbols are equal sizes, decided where a symbol occurs first. Sizes that a layer
    /// asks for (<see cref="DemandedSizes"/>) are taken where nothing was said.
    /// </summary>
    public ShapeBinding For(Graph graph)
    {
        Dictionary<string, long?[]> demanded = graph.Inputs.Where(i => !Inputs.ContainsKey(i.Name) && i.DeclaredShape?.Any(axis => axis.Size is null) == true)
            .ToDictionary(i => i.Name, DemandedSizes.Of, StringComparer.Ordinal);
        ShapeBinding bound = this with { Demanded = demanded };
        var symbols = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (Value input in graph.Inputs)
        {
            if (input.DeclaredShape is not { } axes) continue;
            IReadOnlyList<long> shape = bound.ShapeOf(input)!;
            for (int i = 0; i < Math.Min(axes.Count, shape.Count); i++)
            {
                if (axes[i].Symbol is { } symbol) symbols.TryAdd(symbol, shape[i]);
            }
        }
        foreach ((string symbol, long size) in Symbols) symbols[symbol] = size;
        return bound with { Symbols = symbols };
    }
}
