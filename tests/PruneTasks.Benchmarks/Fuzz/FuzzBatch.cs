using System.Globalization;
using PruneTasks.Benchmarks.Fuzz.Whole;
using PruneTasks.Spec;
using PruneTasks.Worker.Natives;

namespace PruneTasks.Benchmarks.Fuzz;

/// <summary>The process in which mutants are tried: says on standard output which one begins and how it ended, so that whoever started it can tell what killed it.</summary>
internal static class FuzzBatch
{
    /// <summary>Tells a line of the protocol from what a library prints.</summary>
    public const string Mark = "\u0001";

    /// <summary>Tries the mutants of a range.</summary>
    /// <param name="kind">Name of a <see cref="FuzzKind"/>.</param>
    /// <param name="seed">See <see cref="OnnxMutator"/>.</param>
    /// <param name="from">The first.</param>
    /// <param name="to">Behind the last.</param>
    /// <param name="folder">More seeds, or null.</param>
    /// <param name="work">Folder for files.</param>
    /// <param name="most">Bytes that a mutant may allocate in managed memory.</param>
    public static int Run(string kind, int seed, int from, int to, string? folder, string work, long most)
    {
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        if (kind == FuzzKind.Whole.Name)
        {
            IReadOnlyList<WholeSeed> whole = WholeSeed.All(folder);
            _ = Whole(whole, seed, -1, work);
            Try(output, from, to, most, number => Whole(whole, seed, number, work));
            return 0;
        }
        IReadOnlyList<byte[]> seeds = kind == "onnx" ? SeedModels.All(folder) : [];
        string path = Path.Combine(work, kind == "onnx" ? "m.onnx" : "m.prune.yaml"), specPath = Path.Combine(work, "m.prune.yaml");
        PruneSpec? spec = null;
        if (kind == "onnx")
        {
            WorkerNatives.UseOnnxRuntime(null);
            WorkerNatives.UseTorch(null, 1);
            File.WriteAllBytes(Path.Combine(work, SeedModels.SideFile), new byte[SeedModels.SideBytes]);
            File.WriteAllText(specPath, "version: 1\n");
            spec = PruneSpecReader.Read(specPath).Spec;
            // The seeds themselves: what is loaded or compiled once is not a mutant's memory or time.
            File.WriteAllBytes(path, seeds[0]);
            _ = OnnxTrial.Run(path, spec!, compute: true);
        }
        Try(output, from, to, most, number =>
        {
            File.WriteAllBytes(path, kind == "onnx" ? OnnxMutator.Mutate(seeds, seed, number) : SpecMutator.Mutate(seed, number));
            return kind == "onnx" ? OnnxTrial.Run(path, spec!, compute: number % 4 == 0) : SpecTrial.Run(path);
        });
        File.Delete(path);
        File.Delete(specPath);
        File.Delete(Path.Combine(work, SeedModels.SideFile));
        return 0;
    }

    private static string Whole(IReadOnlyList<WholeSeed> seeds, int seed, int number, string work)
    {
        string folder = Path.Combine(work, "mutant");
        Directory.CreateDirectory(folder);
        try
        {
            return WholeTrial.Run(WholeFiles.Write(folder, seeds, seed, number), Console.Error);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Try(TextWriter output, int from, int to, long most, Func<int, string> run)
    {
        for (int number = from; number < to; number++)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Mark}begin {number}"));
            long before = GC.GetTotalAllocatedBytes();
            string outcome;
            try
            {
                outcome = run(number);
            }
            catch (OutOfMemoryException problem)
            {
                outcome = $"memory {problem.Message}";
            }
            catch (Exception problem)
            {
                outcome = $"crash {string.Join(" | ", problem.ToString().Split('\n').Select(line => line.Trim()).Take(6))}";
            }
            long allocated = GC.GetTotalAllocatedBytes() - before;
            if (allocated > most) outcome = string.Create(CultureInfo.InvariantCulture, $"memory {allocated >> 20} MiB were allocated; then: {outcome}");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Mark}end {number} {outcome}"));
        }
    }

    /// <summary>Writes the mutants of the given numbers into a folder, to look at.</summary>
    public static void Write(string kind, int seed, IEnumerable<int> numbers, string? folder, string to)
    {
        Directory.CreateDirectory(to);
        if (kind == FuzzKind.Whole.Name)
        {
            IReadOnlyList<WholeSeed> whole = WholeSeed.All(folder);
            foreach (int number in numbers) WholeFiles.Write(Directory.CreateDirectory(Path.Combine(to, number.ToString(CultureInfo.InvariantCulture))).FullName, whole, seed, number);
            return;
        }
        IReadOnlyList<byte[]> seeds = kind == "onnx" ? SeedModels.All(folder) : [];
        foreach (int number in numbers)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{number}.{(kind == "onnx" ? "onnx" : "prune.yaml")}");
            File.WriteAllBytes(Path.Combine(to, name), kind == "onnx" ? OnnxMutator.Mutate(seeds, seed, number) : SpecMutator.Mutate(seed, number));
        }
    }
}
