using PruneTasks.Onnx;

namespace PruneTasks.Pruning;

/// <summary>
/// Exact: what depends on constants alone is computed once, by the runtime itself, and stored. Only where the result is no larger than the constants it is made
/// of: weights that are stored in fewer bits stay so.
/// </summary>
/// <remarks>
/// Nothing is computed whose size is not known beforehand from the constants themselves (what the file declares of the values between does not count), or
/// that would be much larger than they: a file of a few bytes may describe terabytes.
/// </remarks>
public static class ConstantFolding
{
    /// <summary>Bytes that a result may have beyond the constants it is made of: scalars and small shapes.</summary>
    private const long Slack = 256;

    // A value on the way may be larger than its constants: converted to wider numbers, or stretched and reduced again.
    private const long Between = 1 << 20;
    private const int Stretch = 16;

    // Bytes of all constants and results that are handed to the runtime at once. A table of weights larger than this is not folded.
    private const long MostBytes = 512L << 20;

    // Nodes behind one value.
    private const int MostNodes = 1024;

    // Their results differ from run to run, or their names are read elsewhere.
    private static readonly HashSet<string> Random = ["RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli", "Dropout"];

    /// <summary>Folds what can be folded; leaves the model as it is, to the byte, if there is nothing.</summary>
    /// <param name="model">The model.</param>
    /// <param name="run">Computes the outputs of a model without inputs, in their order; <see langword="null"/> for an output that cannot be held.</param>
    /// <returns>Number of values that are constants now.</returns>
    public static int Apply(OnnxModel model, Func<OnnxModel, IReadOnlyList<TensorData?>> run)
    {
        Graph graph = model.Graph;
        HashSet<Value> constant = [];
        foreach (Node node in graph.Nodes)
        {
            if (IsPure(node) && node.Inputs.All(i => i is null || IsHeld(i) || constant.Contains(i))) constant.UnionWith(node.Outputs);
        }
        Cone[] cones =
        [
            .. graph.Nodes.SelectMany(n => n.Outputs)
                .Where(v => constant.Contains(v) && v is { IsGraphOutput: false, IsCaptured: false } && v.Uses.Any(u => u.Node.Outputs.Any(o => !constant.Contains(o))))
                .Select(Cone.Of).OfType<Cone>(),
        ];
        if (cones.Length == 0) return 0;
        // A file has to say of what type its outputs are.
        InferredShapes declared = ShapeInference.Run(model, ShapeBinding.Default());
        cones = WithinMemory(model, [.. cones.Where(c => declared.TypeOf(c.Result) != ElementType.Undefined)], declared);
        if (cones.Length == 0) return 0;
        IReadOnlyList<TensorData?> contents = run(Extract(model, cones, declared).Part);
        int folded = 0;
        foreach ((Cone cone, TensorData? content) in cones.Zip(contents))
        {
            if (content is null || content.Bytes.Length > Slack + cone.Bytes) continue;
            graph.ReplaceUses(cone.Result, graph.AddInitializer(cone.Result.Name + "_folded", content));
            folded++;
        }
        if (folded > 0) graph.RemoveUnused();
        return folded;
    }

    // Strings have no content here.
    private static bool IsHeld(Value value) => value.Constant is { } content && TensorData.SizeOf(content.Type) is not null;

    private static bool IsPure(Node node) =>
        node.Domain.Length == 0 && node.Inputs.Count > 0 && !Random.Contains(node.OpType) && node.OpType != "Constant" && !node.Attributes.Values.Any(a => a.IsOpaque);

    /// <summary>The cones that can be computed together in little memory, by shapes that follow from constants alone.</summary>
    private static Cone[] WithinMemory(OnnxModel model, Cone[] cones, InferredShapes declared)
    {
        if (cones.Length == 0) return [];
        (OnnxModel part, Dictionary<Value, Value> copies) = Extract(model, cones, declared);
        InferredShapes shapes = ShapeInference.Run(part, ShapeBinding.Default());
        HashSet<Value> counted = [];
        List<Cone> kept = [];
        double total = 0;
        foreach (Cone cone in cones)
        {
            double bytes = cone.Constants.Where(v => !counted.Contains(v)).Sum(v => (double)v.Constant!.Bytes.Length);
            bool fits = true;
            foreach (Value value in cone.Nodes.SelectMany(n => n.Outputs))
            {
                double size = SizeOf(copies[value], shapes);
                fits &= size <= Between + ((double)Stretch * cone.Bytes);
                if (!counted.Contains(value)) bytes += size;
            }
            if (!fits || total + bytes > MostBytes) continue;
            total += bytes;
            counted.UnionWith(cone.Constants);
            counted.UnionWith(cone.Nodes.SelectMany(n => n.Outputs));
            kept.Add(cone);
        }
        return [.. kept];
    }

    private static double SizeOf(Value value, InferredShapes shapes) =>
        shapes.ShapeOf(value) is { } shape ? shape.Aggregate((double)(TensorData.SizeOf(shapes.TypeOf(value)) ?? 8), (size, axis) => size * axis)
        // An output that nobody reads is computed all the same, but is never larger than its fellows' inputs; only a result that is read can grow further.
        : value.Uses.Count == 0 && !value.IsGraphOutput ? 0 : double.PositiveInfinity;

    /// <summary>A model that computes the results of these cones from their constants, and nothing else; and where each value is in it.</summary>
    private static (OnnxModel Part, Dictionary<Value, Value> Copies) Extract(OnnxModel model, Cone[] cones, InferredShapes shapes)
    {
        Graph part = new("constants");
        Dictionary<Value, Value> copies = [];
        HashSet<Node> nodes = [.. cones.SelectMany(c => c.Nodes)];
        foreach (Node node in model.Graph.Nodes.Where(nodes.Contains))
        {
            foreach (Value input in node.Inputs.OfType<Value>())
            {
                if (input.Constant is { } content && !copies.ContainsKey(input)) copies[input] = part.AddInitializer(input.Name, content);
            }
            Node copy = part.AddNode(node.OpType, [.. node.Inputs.Select(i => i is null ? null : copies[i])], node.Outputs[0].Name, outputs: node.Outputs.Count, attributes: node.Attributes);
            for (int i = 0; i < node.Outputs.Count; i++) copies[node.Outputs[i]] = copy.Outputs[i];
        }
        foreach (Cone cone in cones) part.AddOutput(copies[cone.Result], shapes.TypeOf(cone.Result), null);
        return (OnnxModel.Create(part, model.Opset, model.IrVersion, model.ProducerName), copies);
    }

    /// <summary>A value, and what it is computed from.</summary>
    private sealed record Cone(Value Result, IReadOnlyList<Node> Nodes, IReadOnlyList<Value> Constants)
    {
        /// <summary>Bytes of the constants.</summary>
        public long Bytes { get; } = Constants.Sum(v => (long)v.Constant!.Bytes.Length);

        /// <summary>The cone of <paramref name="result"/>; <see langword="null"/> if it has too many nodes.</summary>
        public static Cone? Of(Value result)
        {
            HashSet<Node> nodes = [result.Producer!];
            HashSet<Value> constants = [];
            Stack<Node> open = new(nodes);
            while (open.TryPop(out Node? node))
            {
                foreach (Value input in node.Inputs.OfType<Value>())
                {
                    if (input.Constant is not null) constants.Add(input);
                    else if (nodes.Add(input.Producer!)) open.Push(input.Producer!);
                }
                if (nodes.Count > MostNodes) return null;
            }
            return new Cone(result, [.. nodes], [.. constants]);
        }
    }
}
