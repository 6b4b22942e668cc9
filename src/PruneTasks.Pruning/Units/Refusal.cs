using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Why units were left dense.</summary>
public enum RefusalReason
{
    /// <summary>The axis belongs to an input of the model.</summary>
    GraphInput,

    /// <summary>The axis belongs to an output of the model.</summary>
    GraphOutput,

    /// <summary>The axis meets an operator through which removal is not known to pass.</summary>
    Barrier,

    /// <summary>The axis is normalised over (LayerNormalization, Softmax, a reduction): removing units would change what the others are divided by.</summary>
    NormalizedAxis,

    /// <summary>The axis runs along the residual stream, which every block reads.</summary>
    ResidualStream,

    /// <summary>A weight is used by more than one node.</summary>
    SharedWeight,

    /// <summary>The weight is not a constant of the file.</summary>
    WeightNotConstant,

    /// <summary>The way from the projection to the attention product reorders elements in a form that is not understood.</summary>
    Layout,

    /// <summary>Several query heads share one key or value head (grouped-query or multi-query attention).</summary>
    GroupedHeads,

    /// <summary>A position-dependent operation (rotary embedding, normalisation of queries or keys) stands between projection and product.</summary>
    PositionDependent,

    /// <summary>The shape is not known without running the model.</summary>
    UnknownShape,

    /// <summary>A control-flow body reads the value by name.</summary>
    CapturedBySubgraph,

    /// <summary>A trial showed that the model with units removed does not compute what the model with the same units switched off does.</summary>
    RemovalNotExact,

    /// <summary>Numbers there are not finite, or far too large, so that nothing can be fitted to them.</summary>
    NotFinite,
}

/// <summary>Units that were found but left dense: where, why, and in words.</summary>
/// <param name="Kind">What would have been pruned.</param>
/// <param name="Where">Name of the value or node at which it stopped.</param>
/// <param name="OpType">Operator at which it stopped, or empty.</param>
/// <param name="Reason">Typed reason.</param>
/// <param name="Detail">One sentence for the report.</param>
public sealed record Refusal(UnitKind Kind, string Where, string OpType, RefusalReason Reason, string Detail);

/// <summary>Thrown while looking at one candidate; caught where candidates are listed, and kept as a <see cref="Refusal"/>.</summary>
internal sealed class RefusedException(RefusalReason reason, Node? node, string detail) : Exception(detail)
{
    public RefusalReason Reason { get; } = reason;

    public Node? Node { get; } = node;

    /// <summary>
    /// What looking at a graph throws if the graph contradicts itself: attributes and indices that do not fit the data, sizes that disagree. A candidate on which
    /// that happens is left dense, like any other that is not understood.
    /// </summary>
    public static bool IsContradiction(Exception problem) =>
        problem is RefusedException or ArgumentException or IndexOutOfRangeException or ArithmeticException or InvalidOperationException or KeyNotFoundException;

    /// <summary>The refusal that an exception stands for.</summary>
    public static RefusedException Of(Exception problem, Node node) =>
        problem as RefusedException ?? new RefusedException(RefusalReason.Layout, node, $"the graph contradicts itself here ({problem.Message.ReplaceLineEndings(" ")})");

    public Refusal ToRefusal(UnitKind kind, string where) =>
        new(kind, where, Node?.OpType ?? "", Reason, Message);
}
