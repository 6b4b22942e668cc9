using PruneTasks.Onnx.Shapes;
using PruneTasks.Testing;

namespace PruneTasks.Onnx.Tests.Shapes;

public sealed class ConformanceShapeTests
{
    [Fact]
    public void Shapes_and_contents_are_never_wrong_on_the_conformance_cases()
    {
        string archive = Path.Combine(Samples.Folder ?? "", "conformance", "onnx-node-and-simple.tar.gz");
        Assert.SkipUnless(File.Exists(archive), "../shared/conformance is not there");
        List<string> wrong = [], unknown = [];
        int shapes = 0, contents = 0;
        foreach (ConformanceCase test in ConformanceCase.In(ConformanceFiles.Open(archive)))
        {
            OnnxModel model;
            try
            {
                model = test.Load();
            }
            catch (OnnxFormatException e)
            {
                wrong.Add($"{test.Name}: {e.Message}");
                continue;
            }
            TensorData?[] inputs = [.. test.Data[0].Inputs.Select(test.Tensor)], outputs = [.. test.Data[0].Outputs.Select(test.Tensor)];
            if (!model.Graph.Nodes.Any() || inputs.Contains(null) || outputs.Contains(null) || inputs.Length != model.Graph.Inputs.Count) continue;
            // The archive stores some bfloat16 tensors as uint16: the files contradict their own model.
            if (model.Graph.Inputs.Zip(inputs).Concat(model.Graph.Outputs.Zip(outputs)).Any(p => p.First.Type != p.Second!.Type)) continue;
            // Declared shapes would hide a missing or wrong rule.
            foreach (Value value in model.Graph.Values.Values.Where(v => v is { IsGraphInput: false, IsInitializer: false })) value.DeclaredShape = null;
            foreach ((Value input, TensorData? tensor) in model.Graph.Inputs.Zip(inputs)) input.Constant = tensor;
            InferredShapes result = ShapeInference.Run(model, ShapeBinding.Exact(model.Graph.Inputs.ToDictionary(v => v.Name, v => v.Constant!.Shape)));
            foreach ((Value output, TensorData? expected) in model.Graph.Outputs.Zip(outputs))
            {
                if (result.ShapeOf(output) is not { } shape)
                {
                    unknown.Add($"{test.Name}: {result.WhyUnknown(output)?.Reason} {result.WhyUnknown(output)?.Detail}");
                    continue;
                }
                shapes++;
                if (!shape.SequenceEqual(expected!.Shape)) wrong.Add($"{test.Name}: {output} [{Dims.Text([.. shape])}] instead of [{Dims.Text([.. expected.Shape])}]");
                else if (result.TypeOf(output) != expected.Type) wrong.Add($"{test.Name}: {output} {result.TypeOf(output)} instead of {expected.Type}");
                if (result.ContentOf(output) is not { } content || output.Producer is { OpType: "Constant" }) continue;
                contents++;
                if (!AreClose(content, expected)) wrong.Add($"{test.Name}: {output} has other elements");
            }
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"shapes {shapes}, contents {contents}, unknown {unknown.Count}");
        foreach (string line in unknown) TestContext.Current.TestOutputHelper!.WriteLine(line);
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.True(shapes >= 1250 && contents >= 550, $"{shapes} shapes, {contents} contents");
    }

    private static bool AreClose(TensorData a, TensorData b)
    {
        if (!a.Shape.SequenceEqual(b.Shape) || a.Type != b.Type) return false;
        if (!Numbers.IsFloat(a.Type)) return a.Bytes.Span.SequenceEqual(b.Bytes.Span);
        return a.ToFloats().Zip(b.ToFloats()).All(p => p.First.Equals(p.Second) || Math.Abs(p.First - p.Second) <= 1e-5 * Math.Max(1, Math.Abs(p.Second)));
    }
}
