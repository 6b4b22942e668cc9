namespace PruneTasks.Pruning;

/// <summary>Conv and ConvTranspose (ai.onnx): weights [out, in / group, …] and [in, out / group, …].</summary>
internal static class ConvolutionChannels
{
    private const string Positions = "positions, not channels";

    public static void Apply(ChannelContext c)
    {
        if (c.Node.OpType is not ("Conv" or "ConvTranspose")) throw c.Refuse(RefusalReason.Barrier, "removal is not known to pass through it");
        AxisRange[] x = c.In(0), w = c.In(1), y = c.Out();
        if (x.Length < 3 || w.Length != x.Length || y.Length != x.Length) throw c.Refuse(RefusalReason.Layout, "its operands differ in the number of axes");
        c.Same(x[0], y[0]);
        c.Hold([.. x[2..], .. w[2..], .. y[2..]], RefusalReason.Layout, Positions);
        if (!c.IsWeight(1) || (c.Has(2) && !c.IsWeight(2))) throw c.Refuse(RefusalReason.WeightNotConstant, "its weight is not a constant");
        if (c.Has(2)) c.Same(c.In(2)[0], y[1]);
        bool transposed = c.Node.OpType == "ConvTranspose";
        (int inAxis, int outAxis) = transposed ? (0, 1) : (1, 0);
        int groups = checked((int)c.Node.Int("group", 1));
        if (groups == 1)
        {
            c.Same(w[inAxis], x[1]);
            c.Same(w[outAxis], y[1]);
            c.End(1, inAxis, sumsOver: true);
            c.End(1, outAxis, sumsOver: false);
            return;
        }
        if (groups < 1 || x[1].Size % groups != 0 || y[1].Size % groups != 0) throw c.Refuse(RefusalReason.Layout, "its channels do not fall into its groups");
        // The axis of the weight that spans all groups: outputs of Conv, inputs of ConvTranspose.
        c.Same(w[0], transposed ? x[1] : y[1]);
        if (x[1].Size == groups)
        {
            // Depthwise: each channel makes its own outputs; the group count follows.
            c.Hold(w[1], RefusalReason.Layout, "several outputs of one channel");
            Whole(c, x[1], y[1], groups);
            return;
        }
        c.Axes.Groups.Add(new GroupChoice(c.Node, x[1], y[1], transposed ? w[0] : w[1], transposed ? w[1] : w[0], groups));
    }

    /// <summary>Whole groups go: all their inputs and all their outputs at once.</summary>
    public static void Whole(ChannelContext c, AxisRange input, AxisRange output, int groups)
    {
        int inputs = input.Size / groups, outputs = output.Size / groups;
        for (int g = 0; g < groups; g++)
        {
            for (int i = 1; i < inputs; i++) c.Same(input, g * inputs, input, (g * inputs) + i, 1);
            for (int i = 0; i < outputs; i++) c.Same(input, g * inputs, output, (g * outputs) + i, 1);
        }
    }

    /// <summary>The same channels of every group go; the layer sums over the inputs of a group and makes its outputs.</summary>
    public static void Alike(ChannelContext c, GroupChoice choice)
    {
        int inputs = choice.Input.Size / choice.Groups, outputs = choice.Output.Size / choice.Groups;
        for (int g = 1; g < choice.Groups; g++)
        {
            c.Same(choice.Input, 0, choice.Input, g * inputs, inputs);
            c.Same(choice.Output, 0, choice.Output, g * outputs, outputs);
        }
        bool transposed = c.Node.OpType == "ConvTranspose";
        if (!transposed) c.Same(choice.WeightIn, 0, choice.Input, 0, inputs);
        else c.Same(choice.WeightOut, 0, choice.Output, 0, outputs);
        c.End(1, transposed ? 0 : 1, sumsOver: true);
        c.End(1, transposed ? 1 : 0, sumsOver: false);
    }
}
