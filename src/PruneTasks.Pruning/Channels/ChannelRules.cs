using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// What each operator says about the coordinates of its axes: which are the same, which have to stay. An operator without a rule here is a
/// barrier, whatever the table says of it: to leave channels dense is never wrong.
/// </summary>
internal static class ChannelRules
{
    /// <summary>Applies the rule of one node.</summary>
    public static void Apply(ChannelContext c)
    {
        try
        {
            if (c.Node.Attributes.Values.Any(a => a.IsOpaque)) throw c.Refuse(RefusalReason.Barrier, "it has a body of its own");
            Rule(c);
        }
        catch (RefusedException e)
        {
            c.HoldAll(e.Reason, Cause(e.Message));
        }
        catch (Exception e) when (RefusedException.IsContradiction(e))
        {
            c.HoldAll(RefusalReason.Layout, "it does not fit what it reads");
        }

        // The message already says which operator.
        string Cause(string message) => message[(message.IndexOf(": ", StringComparison.Ordinal) + 2)..];
    }

    private static void Rule(ChannelContext c)
    {
        switch (c.Node.Domain, c.Node.OpType)
        {
            case ("", "Shape"):
                // What is computed from it keeps the sizes of before (ShapePatcher).
                c.HoldOutput(0, RefusalReason.Layout, "sizes");
                return;
            case ("", "Constant"):
                return;
            case ("", "ConstantOfShape"):
                c.HoldInput(0, RefusalReason.Layout, "sizes");
                return;
            case ("", "CastLike"):
                c.Same(c.In(0), c.Out());
                return;
            case ("", "LSTM" or "GRU" or "RNN"):
                RecurrentChannels.Apply(c);
                return;
            case ("", "DepthToSpace" or "SpaceToDepth" or "CumSum" or "Trilu" or "TopK"):
                BlockChannels.Apply(c);
                return;
        }
        switch (OperatorTable.Default.BehaviourOf(c.Node))
        {
            case AxisBehaviour.Unary or AxisBehaviour.Binary:
                Elementwise(c);
                break;
            case AxisBehaviour.MatMul:
                ProductChannels.MatMul(c);
                break;
            case AxisBehaviour.Gemm:
                ProductChannels.Gemm(c);
                break;
            case AxisBehaviour.Einsum:
                ProductChannels.Einsum(c);
                break;
            case AxisBehaviour.Conv:
                ConvolutionChannels.Apply(c);
                break;
            case AxisBehaviour.Softmax:
                NormalizationChannels.Softmax(c);
                break;
            case AxisBehaviour.Normalization:
                NormalizationChannels.Apply(c);
                break;
            case AxisBehaviour.Reduce:
                NormalizationChannels.Reduce(c);
                break;
            case AxisBehaviour.Pool:
                BlockChannels.Pool(c);
                break;
            case AxisBehaviour.Resize:
                BlockChannels.Resize(c);
                break;
            case AxisBehaviour.Pad:
                BlockChannels.Pad(c);
                break;
            case AxisBehaviour.Transpose:
                LayoutChannels.Transpose(c);
                break;
            case AxisBehaviour.Reshape:
                LayoutChannels.Reshape(c);
                break;
            case AxisBehaviour.Slice:
                PartChannels.Slice(c);
                break;
            case AxisBehaviour.Split:
                PartChannels.Split(c);
                break;
            case AxisBehaviour.Concat:
                PartChannels.Concat(c);
                break;
            case AxisBehaviour.Gather:
                PartChannels.Gather(c);
                break;
            case AxisBehaviour.Expand:
                PartChannels.Expand(c);
                break;
            default:
                throw c.Refuse(RefusalReason.Barrier, "removal is not known to pass through it");
        }
    }

    /// <summary>Element by element with broadcasting (ONNX, "Broadcasting in ONNX"); further outputs, such as the mask of Dropout, are shaped as the first.</summary>
    private static void Elementwise(ChannelContext c)
    {
        // Before opset 7 a second operand could be aligned anywhere.
        if (c.Node.Domain.Length == 0 && c.Opset < 7 && c.Node.Inputs.Count > 1) throw c.Refuse(RefusalReason.Layout, $"opset {c.Opset} broadcasts in another way");
        AxisRange[] result = c.Out();
        for (int i = 0; i < c.Node.Inputs.Count; i++)
            if (c.Has(i)) c.Broadcast(c.In(i), result);
        for (int i = 1; i < c.Node.Outputs.Count; i++)
            if (c.IsUsed(i)) c.Same(result, c.Out(i));
    }
}
