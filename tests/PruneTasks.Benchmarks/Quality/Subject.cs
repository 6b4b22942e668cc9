using System.Globalization;

namespace PruneTasks.Benchmarks.Quality;

/// <summary>A trained model with the data to calibrate on and other data to measure on.</summary>
/// <param name="Name">For tables.</param>
/// <param name="Model">The ONNX file.</param>
/// <param name="Task">The spec's task.</param>
/// <param name="Head">Further lines of the spec: image, labels.</param>
/// <param name="Calibration">Folder or file to draw samples from.</param>
/// <param name="Test">Folder or file to measure on.</param>
/// <param name="Samples">Samples to calibrate on.</param>
internal sealed record Subject(string Name, string Model, string Task, string Head, string Calibration, string Test, int Samples)
{
    /// <summary>Each position of the output predicts the next token of the input.</summary>
    public bool IsLanguage => Task == "causal-lm";

    /// <summary>The text of a spec.</summary>
    /// <param name="seed">Chooses the samples, and whatever a method draws.</param>
    /// <param name="prune">Lines of the section <c>prune</c>, without indent.</param>
    /// <param name="data">Lines of the section <c>data</c> in place of the subject's own.</param>
    /// <param name="samples">Another number of samples.</param>
    public string Spec(int seed, string prune, string? data = null, int? samples = null) => string.Create(CultureInfo.InvariantCulture, $"""
        version: 1
        model: "{Slashes(Model)}"
        task: {Task}
        {Head}
        data:
          {data ?? $"personal: {{ path: \"{Slashes(Calibration)}\", samples: {samples ?? Samples} }}"}
        prune:
          seed: {seed}
          {prune.ReplaceLineEndings("\n  ")}
        """);

    /// <summary>With '/' as separator, as YAML strings have it here.</summary>
    public static string Slashes(string path) => path.Replace('\\', '/');
}
