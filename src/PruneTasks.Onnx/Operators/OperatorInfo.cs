using PruneTasks.Onnx.Shapes;

namespace PruneTasks.Onnx;

/// <summary>How many inputs or outputs an operator has.</summary>
/// <param name="Min">At least.</param>
/// <param name="Max">At most; <see cref="int.MaxValue"/> for a variadic operator.</param>
public readonly record struct Arity(int Min, int Max)
{
    /// <summary>Exactly <paramref name="count"/>.</summary>
    public static implicit operator Arity(int count) => new(count, count);

    /// <summary>A range.</summary>
    public static implicit operator Arity((int Min, int Max) range) => new(range.Min, range.Max);

    /// <inheritdoc/>
    public override string ToString() => Max == int.MaxValue ? $"{Min}…" : Min == Max ? $"{Min}" : $"{Min}–{Max}";
}

/// <summary>What is known about one operator: a row of <see cref="OperatorTable"/>.</summary>
public sealed record OperatorInfo
{
    /// <summary>Domain; empty for ai.onnx.</summary>
    public string Domain { get; init; } = "";

    /// <summary>Name, as in <see cref="Node.OpType"/>.</summary>
    public required string Name { get; init; }

    /// <summary>First opset version that has it.</summary>
    public required int Since { get; init; }

    /// <summary>Last opset version that has it; <see langword="null"/> while it is in the standard.</summary>
    public int? Until { get; init; }

    /// <summary>Inputs, over all opset versions.</summary>
    public required Arity Inputs { get; init; }

    /// <summary>Outputs, over all opset versions.</summary>
    public required Arity Outputs { get; init; }

    /// <summary>How axes pass.</summary>
    public required AxisBehaviour Behaviour { get; init; }

    /// <summary>Has a lowering to TorchSharp: a model can be calibrated through it.</summary>
    public bool IsLowered { get; init; }

    /// <summary>Output shapes can be inferred from input shapes (and contents).</summary>
    public bool HasShapeRule => Shape is not null;

    /// <summary>Small results can be computed where the inputs' contents are known.</summary>
    public bool HasContentRule => Content is not null;

    internal Action<NodeContext>? Shape { get; init; }

    internal Action<NodeContext>? Content { get; init; }
}
