using PruneTasks.Benchmarks.Models;
using PruneTasks.Benchmarks.Models.Inputs;
using PruneTasks.Onnx;
using PruneTasks.Worker.Data;
using PruneTasks.Zoo;

namespace PruneTasks.Benchmarks.Fuzz.Whole;

/// <summary>A valid model for <c>fuzz --whole</c>, with what is known of its inputs.</summary>
/// <param name="Bytes">The file.</param>
/// <param name="Head">Lines of a spec that say what it is for.</param>
/// <param name="Guesses">What its inputs stand for.</param>
/// <param name="Shapes">Their sizes.</param>
internal sealed record WholeSeed(byte[] Bytes, string Head, IReadOnlyList<InputGuess> Guesses, long[][] Shapes)
{
    // A mutant takes about as long as its seed: small ones are many.
    private const int LargestZoo = 160 * 1024;
    private const long MostMacs = 3_000_000;

    /// <summary>All seeds, in a fixed order: those of <see cref="SeedModels"/>, then the small networks of the zoo.</summary>
    public static IReadOnlyList<WholeSeed> All(string? folder) =>
    [
        .. SeedModels.All(null).Concat(ZooModels.Small.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => OnnxWriter.ToBytes(m.Value()))).Where(b => b.Length <= LargestZoo)
            .Concat(folder is null ? [] : SeedModels.In(folder)).Select(Of).Where(seed => seed.Macs <= MostMacs),
    ];

    private long Macs { get; init; }

    private static WholeSeed Of(byte[] bytes)
    {
        // Weights in another file are of no matter here.
        OnnxModel model = Read(bytes) ?? throw new InvalidDataException("a seed is no model");
        IReadOnlyList<InputGuess> guesses = InputReading.Read(model.Graph);
        long[][] shapes = InputShapes.Attempts(guesses).FirstOrDefault(s => s.All(shape => shape.All(size => size <= WholeInputs.LargestAxis))) ?? InputShapes.Attempts(guesses).First();
        Sample sample = new("seed", WholeInputs.Draw(guesses, shapes, new Random(1)), null);
        var binding = ShapeBinding.Exact(model.Graph.Inputs.Zip(shapes).ToDictionary(p => p.First.Name, p => (IReadOnlyList<long>)p.Second, StringComparer.Ordinal));
        return new WholeSeed(bytes, TaskGuess.Lines(model, guesses, sample), guesses, shapes) { Macs = CostModel.Of(model, ShapeInference.Run(model, binding)).Total.Macs };
    }

    /// <summary>The model of a file that lies nowhere; null if it is none.</summary>
    public static OnnxModel? Read(byte[] bytes)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("prunetasks-fuzz-seed-");
        try
        {
            File.WriteAllBytes(Path.Combine(folder.FullName, SeedModels.SideFile), new byte[SeedModels.SideBytes]);
            return OnnxReader.Load(bytes, folder.FullName);
        }
        catch (Exception problem) when (problem is OnnxFormatException or IOException)
        {
            return null;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
