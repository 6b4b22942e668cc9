using PruneTasks.Onnx;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Activation functions that LSTM, GRU and RNN take by name (ONNX, docs/Operators.md, "RNN"); names count without case.</summary>
internal static class RecurrentActivations
{
    private static readonly Dictionary<string, Function> Functions = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Relu"] = new(0, (x, _, _) => x.relu()),
        ["Tanh"] = new(0, (x, _, _) => x.tanh()),
        ["Sigmoid"] = new(0, (x, _, _) => x.sigmoid()),
        ["Softsign"] = new(0, (x, _, _) => x / (x.abs() + 1)),
        ["Softplus"] = new(0, (x, _, _) => nn.functional.softplus(x)),
        ["LeakyRelu"] = new(1, (x, a, _) => where(x >= 0, x, x * a)) { Alpha = 0.01f },
        ["Elu"] = new(1, (x, a, _) => where(x >= 0, x, x.minimum(zeros_like(x)).expm1() * a)) { Alpha = 1 },
        ["HardSigmoid"] = new(2, (x, a, b) => (x * a + b).clamp(0, 1)) { Alpha = 0.2f, Beta = 0.5f },
        // Without defaults: the first has 1 in ONNX and 0 in ONNX Runtime, the others are no operators and have none.
        ["ThresholdedRelu"] = new(1, (x, a, _) => where(x > a, x, zeros_like(x))),
        ["Affine"] = new(2, (x, a, b) => x * a + b),
        ["ScaledTanh"] = new(2, (x, a, b) => (x * b).tanh() * a),
    };

    /// <summary>Reason why the activations of <paramref name="node"/> cannot be run, or <see langword="null"/>.</summary>
    internal static string? Refuse(Node node, int perDirection, int directions)
    {
        if (Names(node) is not { Count: > 0 } names) return null;
        if (names.FirstOrDefault(n => !Functions.ContainsKey(n)) is { } unknown) return $"activation '{unknown}' is not known";
        if (names.Count != perDirection * directions) return $"{names.Count} activations instead of {perDirection * directions}";
        foreach ((string name, float? alpha, float? beta) in Parameters(node, names))
            if ((Functions[name].Parameters > 0 && alpha is null) || (Functions[name].Parameters > 1 && beta is null)) return $"activation '{name}' without its parameters";
        return null;
    }

    /// <summary>The functions of <paramref name="node"/>, <paramref name="defaults"/> for each direction where it names none.</summary>
    internal static Func<Tensor, Tensor>[] Of(Node node, IReadOnlyList<string> defaults, int directions)
    {
        IReadOnlyList<string> names = Names(node) is { Count: > 0 } given ? given : [.. Enumerable.Repeat(defaults, directions).SelectMany(d => d)];
        return [.. Parameters(node, names).Select(p => (Func<Tensor, Tensor>)(x => Functions[p.Name].Run(x, p.Alpha ?? 0, p.Beta ?? 0)))];
    }

    // Each function that has a parameter takes the next of the list, or its default when the list is used up.
    private static List<(string Name, float? Alpha, float? Beta)> Parameters(Node node, IReadOnlyList<string> names)
    {
        Queue<float> alphas = new(Floats(node, "activation_alpha")), betas = new(Floats(node, "activation_beta"));
        List<(string, float?, float?)> parameters = [];
        foreach (string name in names)
        {
            Function function = Functions[name];
            parameters.Add((name, function.Parameters > 0 && alphas.TryDequeue(out float a) ? a : function.Alpha, function.Parameters > 1 && betas.TryDequeue(out float b) ? b : function.Beta));
        }
        return parameters;
    }

    private static IReadOnlyList<string>? Names(Node node) => node.Attributes.TryGetValue("activations", out AttributeData? a) ? a.Strings : null;

    private static IEnumerable<float> Floats(Node node, string name) => node.Attributes.TryGetValue(name, out AttributeData? a) && a.Floats is { } list ? list : [];

    /// <summary>One function with its number of parameters (alpha, then beta).</summary>
    private sealed record Function(int Parameters, Func<Tensor, float, float, Tensor> Run)
    {
        internal float? Alpha { get; init; }

        internal float? Beta { get; init; }
    }
}
