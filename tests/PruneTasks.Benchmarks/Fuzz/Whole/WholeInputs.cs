using PruneTasks.Benchmarks.Models.Inputs;
using PruneTasks.Onnx;
using PruneTasks.Worker.Data;

namespace PruneTasks.Benchmarks.Fuzz.Whole;

/// <summary>Random calibration data for a mutant: in the form that it declares, or, where that is none that data can have, in that of its seed.</summary>
internal static class WholeInputs
{
    /// <summary>A declared axis that is longer is a lie: nobody has such data.</summary>
    public const long LargestAxis = 4096;

    private const int Samples = 24;
    private const double MostElements = 1 << 16;

    /// <summary>Writes the samples of one mutant.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="model">The mutant; null if it cannot be read.</param>
    /// <param name="seed">What it was.</param>
    /// <param name="number">Chooses the values.</param>
    public static void Write(string folder, OnnxModel? model, WholeSeed seed, int number)
    {
        var random = new Random(number);
        IReadOnlyList<InputGuess> guesses = seed.Guesses;
        long[][] shapes = seed.Shapes;
        if (model is not null && Declared(model.Graph.Inputs, seed) is { } declared) (guesses, shapes) = declared;
        Sample[] samples = [.. Enumerable.Range(0, Samples).Select(i => new Sample($"random#{i}", Draw(guesses, shapes, random), null))];
        SampleFile.Write(folder, [.. guesses.Select(g => new ModelInput(g.Value.Name, g.Value.Type, g.Value.DeclaredShape))], samples);
    }

    /// <summary>One sample.</summary>
    public static TensorData[] Draw(IReadOnlyList<InputGuess> guesses, long[][] shapes, Random random) =>
        [.. guesses.Select((g, i) => InputDraw.Draw(g, shapes[i], null, shapes[i].Skip(1).DefaultIfEmpty(1).First(), random))];

    /// <summary>Inputs as the mutant declares them; null where data cannot be like that.</summary>
    private static (IReadOnlyList<InputGuess> Guesses, long[][] Shapes)? Declared(IReadOnlyList<Value> inputs, WholeSeed seed)
    {
        if (inputs.Count == 0 || inputs.Select(i => i.Name).Distinct().Count() < inputs.Count) return null;
        var guesses = new InputGuess[inputs.Count];
        var shapes = new long[inputs.Count][];
        for (int i = 0; i < inputs.Count; i++)
        {
            Value input = inputs[i];
            // A member of an archive has a name of up to 65535 bytes, and no file has one with this sign.
            if (!IsWritten(input.Type) || input.Name.Length is 0 or > 1000 || input.Name.Contains('\0')) return null;
            if (i >= seed.Shapes.Length && input.DeclaredShape is null) return null;
            long[] usual = i < seed.Shapes.Length ? seed.Shapes[i] : [];
            shapes[i] = input.DeclaredShape is not { } axes ? usual : [.. axes.Select((axis, at) => axis.Size ?? (axes.Count == usual.Length ? usual[at] : 2))];
            if (shapes[i].Any(size => size is < 1 or > LargestAxis) || shapes[i].Aggregate(1.0, (a, b) => a * b) > MostElements) return null;
            // Pixels have four axes.
            bool same = i < seed.Guesses.Count && seed.Guesses[i].Value.Type == input.Type && shapes[i].Length == usual.Length;
            guesses[i] = same ? seed.Guesses[i] with { Value = input } : new InputGuess(input, InputRole.Features);
        }
        return (guesses, shapes);
    }

    private static bool IsWritten(ElementType type) => type is ElementType.Bool or ElementType.UInt8 or ElementType.Int8 or ElementType.Int16 or ElementType.UInt16
        or ElementType.Int32 or ElementType.UInt32 or ElementType.Int64 or ElementType.UInt64 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float32 or ElementType.Float64;
}
