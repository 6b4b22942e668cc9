using PruneTasks.Onnx;
using PruneTasks.Testing;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace PruneTasks.Torch.Tests.Lowering;

/// <summary>Operators in many drawn forms (attributes, sizes, ranks): where both the lowering and ONNX Runtime run a form, they agree.</summary>
public sealed class RandomFormsTests(ITestOutputHelper output)
{
    private const int Draws = 60;

    public static TheoryData<string> Operators => [.. RandomForms.All.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Operators))]
    public void Drawn_forms_agree_with_onnx_runtime(string name)
    {
        List<string> wrong = [];
        int agreed = 0, refused = 0, declined = 0;
        for (int seed = 0; seed < Draws; seed++)
        {
            OperatorForm form = RandomForms.All[name](new Random(seed));
            using var scope = NewDisposeScope();
            OnnxModel model = form.Model();
            using LoweredGraph lowered = LoweredGraph.Create(model);
            if (lowered.Refusals.Count > 0)
            {
                refused++;
                continue;
            }
            Dictionary<string, TensorData> given = model.Graph.Inputs.ToDictionary(v => v.Name, v => form.Inputs[int.Parse(v.Name[1..], System.Globalization.CultureInfo.InvariantCulture)]!);
            if (RuntimeAnswer.Of(OnnxWriter.ToBytes(model), given) is not { } wanted)
            {
                declined++;
                continue;
            }
            if (Difference(model, lowered, given, wanted, form.Tolerance) is { } problem) wrong.Add($"draw {seed}: {form} {problem}");
            else agreed++;
        }
        output.WriteLine($"{name}: {agreed} agree, {refused} refused, {declined} not run by ONNX Runtime");
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {Draws} differ\n{string.Join('\n', wrong)}");
        Assert.True(agreed >= Draws / 3, $"only {agreed} of {Draws} compared ({refused} refused, {declined} not run by ONNX Runtime)");
    }

    private static string? Difference(OnnxModel model, LoweredGraph lowered, Dictionary<string, TensorData> given, IReadOnlyList<TensorData> wanted, double tolerance)
    {
        try
        {
            IReadOnlyList<Tensor> got = lowered.Run(model.Graph.Inputs.ToDictionary(v => v, v => TorchTypes.ToTensor(given[v.Name])), model.Graph.Outputs);
            InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Exact(given.ToDictionary(g => g.Key, g => g.Value.Shape)));
            for (int i = 0; i < wanted.Count; i++)
            {
                if (!wanted[i].Shape.SequenceEqual(got[i].shape)) return $"[{string.Join(",", got[i].shape)}] instead of [{string.Join(",", wanted[i].Shape)}]";
                if (shapes.ShapeOf(model.Graph.Outputs[i]) is { } inferred && !inferred.SequenceEqual(wanted[i].Shape)) return $"inferred [{string.Join(",", inferred)}] instead of [{string.Join(",", wanted[i].Shape)}]";
                Tensor reference = TorchTypes.ToTensor(wanted[i]);
                if (reference.dtype != got[i].dtype) return $"{got[i].dtype} instead of {reference.dtype}";
                if (!got[i].to(float64).allclose(reference.to(float64), tolerance, tolerance, equal_nan: true))
                {
                    double worst = (got[i].to(float64) - reference.to(float64)).abs().max().item<double>();
                    return $"output {i} differs by {worst:g3} in {got[i].to(float64).isclose(reference.to(float64), tolerance, tolerance, true).logical_not().sum().item<long>()} of {reference.numel()}";
                }
            }
            return null;
        }
        catch (LoweringException e)
        {
            return e.Message;
        }
    }
}
