using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using static TorchSharp.torch;

namespace PruneTasks.Testing;

/// <summary>Runs a case through the reader and <see cref="LoweredGraph"/> and holds the answer against the recorded one.</summary>
internal static class ConformanceCheck
{
    // What these make is random: only shape and type are compared.
    private static readonly HashSet<string> Random = ["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"];

    public static ConformanceOutcome Run(ConformanceCase test)
    {
        OnnxModel model;
        try
        {
            model = test.Load();
        }
        catch (OnnxFormatException e)
        {
            return new(test.Name, ConformanceStatus.Unsupported, [], null, $"not read: {e.Message}");
        }
        string[] operators = [.. model.Graph.Nodes.Select(NameOf).Distinct()];
        ConformanceOutcome Ended(ConformanceStatus status, string? culprit, string reason) => new(test.Name, status, operators, culprit, reason);
        try
        {
            using var scope = NewDisposeScope();
            using LoweredGraph lowered = LoweredGraph.Create(model);
            if (lowered.Refusals.Count > 0)
                return Ended(ConformanceStatus.Unsupported, NameOf(lowered.Refusals[0].Node), $"{lowered.Refusals[0].Kind}: {lowered.Refusals[0].Reason}");
            if (model.Graph.Inputs.Concat(model.Graph.Outputs).FirstOrDefault(v => TorchTypes.Of(v.Type) is null) is { } odd)
                return Ended(ConformanceStatus.Unsupported, operators.FirstOrDefault(), $"UnsupportedType: '{odd}' is no tensor of numbers that can be computed with");
            foreach (ConformanceData data in test.Data)
            {
                if (Compare(test, model, lowered, data) is not { } problem) continue;
                // ONNX Runtime runs the pruned model, so it has the last word on what an operator means.
                return AgreesWithRuntime(test, model, lowered, data)
                    ? Ended(ConformanceStatus.Unsupported, operators.FirstOrDefault(), "the recorded answer is of an older reading of the operator: ONNX Runtime answers otherwise, and as the lowering does")
                    : Ended(ConformanceStatus.Wrong, null, problem);
            }
            return new(test.Name, ConformanceStatus.Passed, operators);
        }
        catch (LoweringException e)
        {
            return Ended(ConformanceStatus.Crashed, NameOf(e.Node), e.Message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return Ended(ConformanceStatus.Crashed, null, $"{e.GetType().Name}: {e.Message.Split('\n')[0]}");
        }
    }

    private static string? Compare(ConformanceCase test, OnnxModel model, LoweredGraph lowered, ConformanceData data)
    {
        Dictionary<Value, Tensor> inputs = [];
        for (int i = 0; i < model.Graph.Inputs.Count; i++)
        {
            Value input = model.Graph.Inputs[i];
            if (test.IsLight) inputs.Add(input, Ramp(input));
            else if (i < data.Inputs.Count) inputs.Add(input, TorchTypes.ToTensor(Recorded(test, data.Inputs[i], input)));
            else return $"no recorded input {i}";
        }
        IReadOnlyList<Tensor> outputs = lowered.Run(inputs, model.Graph.Outputs);
        bool random = model.Graph.Nodes.Any(n => Random.Contains(n.OpType) || (n.OpType == "Dropout" && n.Inputs.Count > 2));
        for (int i = 0; i < outputs.Count; i++)
        {
            if (i >= data.Outputs.Count) return $"no recorded output {i}";
            TensorData wanted = Recorded(test, data.Outputs[i], model.Graph.Outputs[i]);
            if (Difference(outputs[i], wanted, random, test.IsLight) is { } problem) return $"output {i}: {problem}";
        }
        return null;
    }

    private static bool AgreesWithRuntime(ConformanceCase test, OnnxModel model, LoweredGraph lowered, ConformanceData data)
    {
        if (test.IsLight || data.Inputs.Count < model.Graph.Inputs.Count) return false;
        Dictionary<string, TensorData> inputs = [];
        for (int i = 0; i < model.Graph.Inputs.Count; i++) inputs.Add(model.Graph.Inputs[i].Name, Recorded(test, data.Inputs[i], model.Graph.Inputs[i]));
        if (RuntimeAnswer.Of(test.Files.Read(test.Model), inputs) is not { } answer) return false;
        IReadOnlyList<Tensor> outputs = lowered.Run(model.Graph.Inputs.ToDictionary(v => v, v => TorchTypes.ToTensor(inputs[v.Name])), model.Graph.Outputs);
        return outputs.Zip(answer).All(pair => Difference(pair.First, pair.Second, shapeOnly: false, light: false) is null);
    }

    private static string? Difference(Tensor got, TensorData data, bool shapeOnly, bool light)
    {
        Tensor wanted = TorchTypes.ToTensor(data);
        if (!wanted.shape.SequenceEqual(got.shape)) return $"[{string.Join(",", got.shape)}] instead of [{string.Join(",", wanted.shape)}]";
        if (wanted.dtype != got.dtype) return $"{got.dtype} instead of {wanted.dtype}";
        if (shapeOnly || wanted.numel() == 0) return null;
        if (!wanted.is_floating_point())
            return got.eq(wanted).all().item<bool>() ? null : $"{got.ne(wanted).sum().item<long>()} of {got.numel()} elements differ";
        // As in onnx/backend/test: rtol 1e-3, atol 1e-7; the answers of half precision are rounded to it first, and may be off by a few of its steps.
        (double relative, double absolute) = data.Type switch
        {
            ElementType.Float16 => (1e-2, 1e-3),
            ElementType.BFloat16 => (4e-2, 1e-2),
            _ => (light ? 2e-3 : 1e-3, 1e-7),
        };
        Tensor a = data.Type switch { ElementType.Float16 => got.to(float16), ElementType.BFloat16 => got.to(bfloat16), _ => got }, b = wanted.to(float64);
        a = a.to(float64);
        if (a.allclose(b, relative, absolute, equal_nan: true)) return null;
        double worst = where(a.eq(b), zeros_like(a), (a - b).abs()).max().item<double>();
        return $"{a.isclose(b, relative, absolute, true).logical_not().sum().item<long>()} of {a.numel()} elements differ, by {worst:g3} at most";
    }

    // A few files keep bfloat16 as the uint16 of its bits.
    private static TensorData Recorded(ConformanceCase test, string path, Value value)
    {
        TensorData data = test.Tensor(path) ?? throw new InvalidDataException($"{path} is no tensor of numbers");
        bool bits = data.Type == ElementType.UInt16 && value.Type is ElementType.BFloat16 or ElementType.Float16;
        return bits ? new TensorData(value.Type, data.Shape, data.Bytes) : data;
    }

    private static Tensor Ramp(Value input)
    {
        long[] shape = [.. input.DeclaredShape!.Select(axis => axis.Size ?? 1)];
        long count = shape.Aggregate(1L, (a, b) => a * b);
        return (arange(count, float64) / count).to(TorchTypes.Of(input.Type)!.Value).reshape(shape);
    }

    private static string NameOf(Node node) => node.Domain.Length == 0 ? node.OpType : $"{node.Domain}.{node.OpType}";
}
