using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>Rewrites what single nodes say of axes that become shorter: groups, sizes, bounds, indices.</summary>
internal sealed class ChannelPatches(OnnxModel model, ChannelRemoval removal, ShapePatcher patcher, ShapeInvariants invariants)
{
    private readonly Graph _graph = model.Graph;

    public void Apply(Node node)
    {
        foreach (Value output in node.Outputs) _graph.ForgetShape(output);
        if (node.Domain.Length > 0) return;
        switch (node.OpType)
        {
            case "Conv":
                Group(node, removal.KeptOf(node.Inputs[0]!, 1)?.Length ?? SizeOf(node.Inputs[0]!, 1), removal.KeptOf(node.Inputs[1]!, 1)?.Length ?? SizeOf(node.Inputs[1]!, 1));
                break;
            case "ConvTranspose":
                Group(node, removal.KeptOf(node.Outputs[0], 1)?.Length ?? SizeOf(node.Outputs[0], 1), removal.KeptOf(node.Inputs[1]!, 1)?.Length ?? SizeOf(node.Inputs[1]!, 1));
                break;
            case "LSTM" or "GRU" or "RNN":
                if (removal.KeptOf(node.Inputs[2]!, 2) is { } units && node.Attributes.ContainsKey("hidden_size")) Set(node, "hidden_size", units.Length);
                break;
            case "GroupNormalization":
                if (removal.KeptOf(node.Inputs[0]!, 1) is { } channels) Set(node, "num_groups", node.Int("num_groups", 1) * channels.Length / SizeOf(node.Inputs[0]!, 1));
                break;
            case "Split":
                Split(node);
                break;
            case "Slice":
                Slice(node);
                break;
            case "Gather":
                Gather(node);
                break;
            case "Squeeze":
                Squeeze(node);
                break;
            case "Resize":
                if (node.Inputs.Count > 3 && node.Inputs[3] is not null && invariants.ElementCount(node.Inputs[3]!) > 0) Sizes(node, 3, node.Outputs[0], node.Ints("axes"));
                break;
            case "ConstantOfShape":
                Sizes(node, 0, node.Outputs[0], null);
                break;
            case "Reshape":
                Reshape(node);
                break;
        }
    }

    /// <summary>A group has as many channels as the weight says.</summary>
    private void Group(Node node, int channels, int each)
    {
        if (node.Int("group", 1) > 1 && channels / each != node.Int("group", 1)) Set(node, "group", channels / each);
    }

    private void Split(Node node)
    {
        int rank = RankOf(node.Inputs[0]!), axis = Axis(node.Int("axis", 0), rank);
        if (removal.KeptOf(node.Inputs[0]!, axis) is null) return;
        long[] sizes = [.. node.Outputs.Select(o => (long)(removal.KeptOf(o, axis)?.Length ?? SizeOf(o, axis)))];
        Dictionary<string, AttributeData> attributes = new(node.Attributes);
        attributes.Remove("num_outputs");
        attributes.Remove("split");
        if (model.Opset < 13) attributes["split"] = sizes;
        _graph.SetAttributes(node, attributes);
        if (model.Opset >= 13) Input(node, 1, TensorData.Vector(sizes));
    }

    private static InvalidOperationException Unknown(Node node) => new($"what {node.OpType} '{node.Outputs[0].Name}' takes is not known");

    private void Slice(Node node)
    {
        Value x = node.Inputs[0]!;
        int rank = RankOf(x);
        bool byInput = model.Opset >= 10;
        long[]? given = byInput ? node.Inputs.Count > 3 && node.Inputs[3] is { } a ? (invariants.ContentOf(a) ?? throw Unknown(node)).ToInt64s() : null : node.Ints("axes")?.ToArray();
        int count = (byInput ? node.Inputs.Count > 1 && node.Inputs[1] is { } first ? invariants.ElementCount(first) : null : node.Ints("starts")?.Count) ?? throw Unknown(node);
        Dictionary<int, long> starts = [], ends = [];
        for (int i = 0; i < count; i++)
        {
            int axis = Axis(given?[i] ?? i, rank);
            if (removal.KeptOf(x, axis) is not { } kept) continue;
            (int from, int to) = PartChannels.Range(Element("starts", 1, i), Element("ends", 2, i), SizeOf(x, axis));
            starts[i] = kept.Count(k => k < from);
            ends[i] = kept.Count(k => k < to);
        }
        if (starts.Count == 0) return;
        if (byInput)
        {
            Override(node, 1, starts);
            Override(node, 2, ends);
            return;
        }
        _graph.SetAttributes(node, new Dictionary<string, AttributeData>(node.Attributes)
        {
            ["starts"] = node.Ints("starts")!.Select((s, i) => starts.GetValueOrDefault(i, s)).ToArray(),
            ["ends"] = node.Ints("ends")!.Select((e, i) => ends.GetValueOrDefault(i, e)).ToArray(),
        });

        long Element(string attribute, int input, int index) => byInput ? invariants.ElementOf(node.Inputs[input]!, index)!.Value : node.Ints(attribute)![index];
    }

    private void Gather(Node node)
    {
        int axis = Axis(node.Int("axis", 0), RankOf(node.Inputs[0]!));
        if (removal.KeptOf(node.Inputs[0]!, axis) is not { } kept) return;
        TensorData indices = invariants.ContentOf(node.Inputs[1]!)!;
        int size = SizeOf(node.Inputs[0]!, axis);
        Dictionary<int, long> place = kept.Select((k, i) => (k, i)).ToDictionary(p => p.k, p => (long)p.i);
        long[] now = [.. indices.ToInt64s().Select(i => (int)(i < 0 ? i + size : i)).Where(place.ContainsKey).Select(i => place[i])];
        Input(node, 1, Integers(indices.Type, indices.Shape.Count == 0 ? [] : [now.Length], now));
    }

    /// <summary>Without axes it would drop an axis that becomes 1.</summary>
    private void Squeeze(Node node)
    {
        if (node.Ints("axes") is not null || (node.Inputs.Count > 1 && node.Inputs[1] is not null)) return;
        IReadOnlyList<long?> shape = invariants.ShapeOf(node.Inputs[0]!)!;
        long[] axes = [.. Enumerable.Range(0, shape.Count).Where(i => shape[i] == 1).Select(i => (long)i)];
        if (model.Opset < 13) _graph.SetAttributes(node, new Dictionary<string, AttributeData>(node.Attributes) { ["axes"] = axes });
        else Input(node, 1, TensorData.Vector(axes));
    }

    /// <summary>Sizes of the result as an input.</summary>
    private void Sizes(Node node, int input, Value result, IReadOnlyList<long>? axes)
    {
        int rank = RankOf(result);
        Dictionary<int, long> sizes = [];
        for (int i = 0; i < (axes?.Count ?? rank); i++)
            if (removal.KeptOf(result, Axis(axes?[i] ?? i, rank)) is { } kept) sizes[i] = kept.Length;
        if (sizes.Count > 0) Override(node, input, sizes);
    }

    /// <summary>A 0 in the target copies an axis of the input (unless allowzero): where that becomes shorter and the result does not, it has to be said.</summary>
    private void Reshape(Node node)
    {
        Value x = node.Inputs[0]!, y = node.Outputs[0];
        if (node.Int("allowzero", 0) != 0) return;
        for (int i = 0; i < Math.Min(RankOf(x), RankOf(y)); i++)
        {
            if (removal.KeptOf(x, i) is not null && removal.KeptOf(y, i) is null && invariants.ElementOf(node.Inputs[1]!, i) == 0)
                patcher.Target(y, i, SizeOf(y, i));
        }
    }

    private void Override(Node node, int input, Dictionary<int, long> elements)
    {
        Value old = node.Inputs[input]!;
        Value patched = patcher.Override(old, elements, node);
        // Starts, ends, axes and steps share one element type, int32 or int64; what was patched is int64.
        if (invariants.Runs.Select(r => r.TypeOf(old)).FirstOrDefault(t => t != ElementType.Undefined) == ElementType.Int32 && patched.Constant is { } constant)
            patched = _graph.AddInitializer(patched.Name, Integers(ElementType.Int32, constant.Shape, constant.ToInt64s()));
        _graph.SetInput(node, input, patched);
    }

    private void Input(Node node, int input, TensorData data)
    {
        Value value = _graph.AddInitializer(node.Outputs[0].Name + "_pruned", data);
        if (input < node.Inputs.Count) _graph.SetInput(node, input, value);
        else _graph.AppendInput(node, value);
    }

    private static TensorData Integers(ElementType type, IReadOnlyList<long> shape, long[] values) => type == ElementType.Int32
        ? new TensorData(type, shape, System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(values.Select(v => (int)v).ToArray()).ToArray())
        : TensorData.Of(shape, values);

    private void Set(Node node, string attribute, long value) =>
        _graph.SetAttributes(node, new Dictionary<string, AttributeData>(node.Attributes) { [attribute] = value });

    private int RankOf(Value value) => value.Constant?.Shape.Count ?? patcher.RankOf(value);

    private int SizeOf(Value value, int axis) =>
        (int)(value.Constant?.Shape[axis] ?? invariants.ShapeOf(value)?[axis] ?? throw new InvalidOperationException($"the size of '{value.Name}' is not known"));

    private static int Axis(long axis, int rank) => (int)(axis < 0 ? axis + rank : axis);
}
