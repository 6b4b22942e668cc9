using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Exact: what depends on constants alone is computed once, by the runtime itself, and stored. Only where the result is no larger than the constants it is made
/// of: weights that are stored in fewer bits stay so.
/// </summary>
public static class ConstantFolding
{
    /// <summary>Bytes that a result may have beyond the constants it is made of: scalars and small shapes.</summary>
    private const long Slack = 256;

    // Their results differ from run to run, or their names are read elsewhere.
    private static readonly HashSet<string> Random = ["RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli", "Dropout"];

    /// <summary>Folds what can be folded; leaves the model as it is, to the byte, if there is nothing.</summary>
    /// <param name="model">The model.</param>
    /// <param name="run">Computes the outputs of a model without inputs, in their order; <see langword="null"/> for an output that cannot be held.</param>
    /// <returns>Number of values that are constants now.</returns>
    public static int Apply(OnnxModel model, Func<OnnxModel, IReadOnlyList<TensorData?>> run)
    {
        Graph graph = model.Graph;
        Dictionary<Value, HashSet<Value>> sources = [];
        foreach (Node node in graph.Nodes)
        {
            if (!IsPure(node) || node.Inputs.Any(i => i is not null && i.Constant is null && !sources.ContainsKey(i))) continue;
            HashSet<Value> from = [.. node.Inputs.OfType<Value>().SelectMany(i => i.Constant is not null ? [i] : sources[i].AsEnumerable())];
            foreach (Value output in node.Outputs) sources[output] = from;
        }
        Value[] wanted = [.. sources.Keys.Where(v => v is { IsGraphOutput: false, IsCaptured: false } && v.Uses.Any(u => u.Node.Outputs.Any(o => !sources.ContainsKey(o))))];
        if (wanted.Length == 0) return 0;
        // A file has to say of what type its outputs are.
        InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Default());
        wanted = [.. wanted.Where(v => shapes.TypeOf(v) != ElementType.Undefined)];
        if (wanted.Length == 0) return 0;
        IReadOnlyList<TensorData?> contents = run(Extract(model, wanted, shapes));
        int folded = 0;
        foreach ((Value value, TensorData? content) in wanted.Zip(contents))
        {
            if (content is null || content.Bytes.Length > Slack + sources[value].Sum(v => (long)v.Constant!.Bytes.Length)) continue;
            graph.ReplaceUses(value, graph.AddInitializer(value.Name + "_folded", content));
            folded++;
        }
        if (folded > 0) graph.RemoveUnused();
        return folded;
    }

    private static bool IsPure(Node node) =>
        node.Domain.Length == 0 && node.Inputs.Count > 0 && !Random.Contains(node.OpType) && node.OpType != "Constant" && !node.Attributes.Values.Any(a => a.IsOpaque);

    /// <summary>A model that computes these values from their constants, and nothing else.</summary>
    private static OnnxModel Extract(OnnxModel model, Value[] wanted, InferredShapes shapes)
    {
        Graph part = new("constants");
        Dictionary<Value, Value> copies = [];
        foreach (Value value in wanted) part.AddOutput(Copy(value), shapes.TypeOf(value), null);
        return OnnxModel.Create(part, model.Opset, model.IrVersion, model.ProducerName);

        Value Copy(Value value)
        {
            if (copies.TryGetValue(value, out Value? known)) return known;
            if (value.Constant is { } constant) return copies[value] = part.AddInitializer(value.Name, constant);
            Node node = value.Producer!;
            Value?[] inputs = [.. node.Inputs.Select(i => i is null ? null : Copy(i))];
            Node copy = part.AddNode(node.OpType, inputs, node.Outputs[0].Name, outputs: node.Outputs.Count, attributes: node.Attributes);
            for (int i = 0; i < node.Outputs.Count; i++) copies[node.Outputs[i]] = copy.Outputs[i];
            return copies[value];
        }
    }
}
