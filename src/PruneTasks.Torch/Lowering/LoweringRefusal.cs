using PruneTasks.Onnx;

namespace PruneTasks.Torch.Lowering;

/// <summary>Why a node cannot be run here.</summary>
public enum LoweringRefusalKind
{
    /// <summary>No lowering for this operator and domain.</summary>
    UnknownOperator,
    /// <summary>The operator is known, this form of it (attributes, outputs, opset) is not.</summary>
    UnsupportedForm,
    /// <summary>A constant has an element type that cannot be computed with.</summary>
    UnsupportedType,
}

/// <summary>A node that cannot be lowered; all others still can.</summary>
public sealed record LoweringRefusal(Node Node, LoweringRefusalKind Kind, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"{(Node.Domain.Length == 0 ? "" : Node.Domain + ".")}{Node.OpType} '{Node.Outputs.FirstOrDefault()?.Name}': {Reason}";
}

/// <summary>A node could not be run: it was refused, or its inputs do not fit. Names the node.</summary>
public sealed class LoweringException : Exception
{
    internal LoweringException(Node node, string reason, Exception? inner = null)
        : base($"{node.OpType} '{node.Outputs.FirstOrDefault()?.Name}': {reason}", inner) => Node = node;

    /// <summary>The node that failed.</summary>
    public Node Node { get; }
}
