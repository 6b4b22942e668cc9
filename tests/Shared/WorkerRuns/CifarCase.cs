using System.Globalization;

namespace PruneTasks.WorkerRuns;

/// <summary>The measuring stick: a trained vision transformer, 256 training images to calibrate on, 2,000 test images.</summary>
internal static class CifarCase
{
    /// <summary>Images that the worker fits on.</summary>
    public const int Samples = 256;

    /// <summary>The cuts for which figures are promised: KL at most, agreement at least.</summary>
    public static IReadOnlyList<PromisedCut> Promised { get; } =
    [
        new("FFN 50 %", new Cut(Ffn: 0.5), 0.052, 0.90),
        new("Q-K 50 %", new Cut(Qk: 0.5), 0.005, 0.975),
        new("FFN 50 % + Q-K 50 %", new Cut(Ffn: 0.5, Qk: 0.5), 0.058, 0.90),
    ];

    /// <summary>Path of the model below the folder of models.</summary>
    public static string Model(int opset) => $"vit-cifar10-811k/vit_cifar10_postnorm_relu_op{opset}.onnx";

    /// <summary>The spec of one cut.</summary>
    /// <param name="models">Folder of models.</param>
    /// <param name="data">Folder of data.</param>
    /// <param name="cut">What goes.</param>
    /// <param name="seed">Chooses the calibration images.</param>
    /// <param name="opset">13 or 17.</param>
    /// <param name="test">Whether to measure on the test images too.</param>
    public static string Spec(string models, string data, Cut cut, int seed = 42, int opset = 17, bool test = true) => $$"""
        version: 1
        model: "{{Slashes(models)}}/{{Model(opset)}}"
        task: image-classification
        image: { size: [32, 32], color: rgb, layout: nchw, scale: 0.00392156862745098, mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.2010] }
        data:
          personal: { path: "{{Slashes(data)}}/cifar10/train", samples: {{Samples}} }
        {{(test ? $"  test: {{ path: \"{Slashes(data)}/cifar10/test\" }}" : "")}}
        prune:
          seed: {{seed}}
          {{cut}}
        """;

    private static string Slashes(string path) => path.Replace('\\', '/');
}

/// <summary>Share of the units of each kind that is removed; or, instead, the share of the MACs that may remain.</summary>
internal sealed record Cut(double Ffn = 0, double Qk = 0, double Vo = 0, double? Macs = null)
{
    /// <summary>As a spec has it.</summary>
    public override string ToString() => Macs is { } macs
        ? string.Create(CultureInfo.InvariantCulture, $"budget: {{ macs: {macs} }}")
        : string.Create(CultureInfo.InvariantCulture, $"ratios: {{ ffn: {Ffn}, qk: {Qk}, vo: {Vo} }}");
}

/// <summary>A cut whose figures are promised.</summary>
internal sealed record PromisedCut(string Name, Cut Cut, double MostKl, double LeastAgreement);
