using System.Formats.Tar;
using System.IO.Compression;
using System.Text.RegularExpressions;
using PruneTasks.Onnx;
using PruneTasks.Testing;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Lowering;

public sealed partial class ConformanceTests(ITestOutputHelper output)
{
    // Sizes that come out fractional: the reference keeps the fraction in the coordinate, ONNX Runtime (the judge here) rounds the size first.
    private static readonly HashSet<string> RuntimeDiffers = ["test_resize_downsample_scales_cubic_align_corners", "test_resize_downsample_scales_linear_align_corners"];

    [Fact]
    public void Every_conformance_case_is_either_refused_with_a_reason_or_right()
    {
        List<string> wrong = [];
        SortedDictionary<string, int> right = new(StringComparer.Ordinal);
        SortedDictionary<string, int> refusedBy = new(StringComparer.Ordinal);
        int cases = 0, refused = 0;
        foreach ((string name, Dictionary<string, byte[]> files) in Cases(SharedFolder.Require("conformance", "onnx-node-and-simple.tar.gz")))
        {
            using var scope = NewDisposeScope();
            cases++;
            if (RuntimeDiffers.Contains(name)) continue;
            OnnxModel model = OnnxReader.Load(files["model.onnx"]);
            using LoweredGraph lowered = LoweredGraph.Create(model);
            if (lowered.Refusals.Count > 0 || !HasTensorsOnly(model, files))
            {
                refused++;
                string why = lowered.Refusals.Count == 0 ? "(not tensors of numbers)" : lowered.Refusals[0].Node.OpType;
                refusedBy[why] = refusedBy.GetValueOrDefault(why) + 1;
                continue;
            }
            if (Compare(model, lowered, files) is { } problem) wrong.Add($"{name}: {problem}");
            else foreach (string op in model.Graph.Nodes.Select(n => n.OpType).Distinct()) right[op] = right.GetValueOrDefault(op) + 1;
        }
        output.WriteLine($"{cases} cases, {refused} refused, {right.Values.Sum()} right: {string.Join(", ", right.Select(r => $"{r.Key} {r.Value}"))}");
        output.WriteLine("refused: " + string.Join(", ", refusedBy.Select(r => $"{r.Key} {r.Value}")));
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {cases - refused}:\n{string.Join('\n', wrong)}");
        Assert.True(cases > 1400 && cases - refused > 500, $"{cases} cases, {refused} refused");
    }

    private static string? Compare(OnnxModel model, LoweredGraph lowered, Dictionary<string, byte[]> files)
    {
        try
        {
            Dictionary<Value, Tensor> inputs = [];
            for (int i = 0; i < model.Graph.Inputs.Count; i++) inputs.Add(model.Graph.Inputs[i], TorchTypes.ToTensor(Data(files[$"input_{i}.pb"])));
            IReadOnlyList<Tensor> outputs = lowered.Run(inputs, model.Graph.Outputs);
            for (int i = 0; i < outputs.Count; i++)
            {
                TensorData data = Data(files[$"output_{i}.pb"]);
                Tensor wanted = TorchTypes.ToTensor(data), got = outputs[i];
                if (!wanted.shape.SequenceEqual(got.shape)) return $"[{string.Join(",", got.shape)}] instead of [{string.Join(",", wanted.shape)}]";
                if (wanted.dtype != got.dtype) return $"{got.dtype} instead of {wanted.dtype}";
                double relative = data.Type is ElementType.Float16 or ElementType.BFloat16 ? 2e-2 : 1e-3;
                if (!got.to(float64).allclose(wanted.to(float64), relative, 1e-5, equal_nan: true)) return $"output {i} differs";
            }
            return null;
        }
        catch (LoweringException e)
        {
            return e.Message;
        }
    }

    private static TensorData Data(byte[] file) => TensorFile.Read(file).Data;

    private static bool HasTensorsOnly(OnnxModel model, Dictionary<string, byte[]> files) =>
        model.Graph.Inputs.Concat(model.Graph.Outputs).All(v => TorchTypes.Of(v.Type) is not null)
        && model.Graph.Inputs.Select((v, i) => Declared(files, $"input_{i}.pb") == v.Type).All(same => same)
        && model.Graph.Outputs.Select((v, i) => Declared(files, $"output_{i}.pb") == v.Type).All(same => same);

    // A few cases keep bfloat16 as the uint16 of its bits.
    private static ElementType? Declared(Dictionary<string, byte[]> files, string name) => files.TryGetValue(name, out byte[]? file) ? Data(file).Type : null;

    private static IEnumerable<(string Name, Dictionary<string, byte[]> Files)> Cases(string archive)
    {
        Dictionary<string, Dictionary<string, byte[]>> cases = new(StringComparer.Ordinal);
        using FileStream file = File.OpenRead(archive);
        using GZipStream unpacked = new(file, CompressionMode.Decompress);
        using TarReader reader = new(unpacked);
        while (reader.GetNextEntry() is { } entry)
        {
            Match match = CasePath().Match(entry.Name);
            if (!match.Success || entry.DataStream is null) continue;
            using MemoryStream content = new();
            entry.DataStream.CopyTo(content);
            string name = match.Groups["case"].Value;
            if (!cases.TryGetValue(name, out Dictionary<string, byte[]>? files)) cases.Add(name, files = []);
            files.Add(match.Groups["file"].Value, content.ToArray());
        }
        return cases.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => (c.Key, c.Value));
    }

    [GeneratedRegex(@"data/(?:node|simple)/(?<case>[^/]+)/(?:test_data_set_0/)?(?<file>model\.onnx|(?:in|out)put_\d+\.pb)$")]
    private static partial Regex CasePath();
}
