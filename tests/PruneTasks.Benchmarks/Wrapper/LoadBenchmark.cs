using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.ML.OnnxRuntime;
using PruneTasks.Runtime;

namespace PruneTasks.Benchmarks.Wrapper;

/// <summary>
/// Ways to get a model into a session, each in processes of its own: time until the session is there, and the most memory that the process
/// had. The model is embedded in an assembly made here, so resources come out of a mapped file as in an app.
/// </summary>
internal static class LoadBenchmark
{
    public static readonly string[] Ways = ["resource", "brotli", "files", "array", "path", "nothing"];

    public static int Run(string model, int rounds, TextWriter output)
    {
        string folder = Directory.CreateTempSubdirectory("prunetasks-load").FullName;
        try
        {
            long size = new FileInfo(model).Length;
            Prepare(model, folder);
            output.WriteLine(FormattableString.Invariant($"{Path.GetFileName(model)}, {size / 1e6:0.0} MB; median of {rounds} processes\n"));
            MarkdownTable table = new(output, "way", "ms to the session", "peak MB", "MB after", "managed MB after");
            foreach (string way in Ways)
            {
                double[][] results = [.. Enumerable.Range(0, rounds).Select(_ => Start(way, folder))];
                table.Add([Meaning(way), .. Enumerable.Range(0, 4).Select(i => results.Select(result => result[i]).Order().ElementAt(rounds / 2).ToString(i == 0 ? "0.0" : "0", CultureInfo.InvariantCulture))]);
            }
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>One load, in its own process; prints the figures.</summary>
    public static int One(string way, string folder)
    {
        WrapperModel.UseNatives();
        using SessionOptions options = new() { IntraOpNumThreads = 1 };
        string assembly = Path.Combine(folder, way + ".dll");
        var clock = Stopwatch.StartNew();
        using InferenceSession? session = way switch
        {
            "nothing" => null,
            "array" => new InferenceSession(File.ReadAllBytes(Path.Combine(folder, "m.onnx")), options),
            "path" => new InferenceSession(Path.Combine(folder, "m.onnx"), options),
            _ => EmbeddedModel.Open(Assembly.LoadFrom(assembly), "m.onnx", "m", options, folder),
        };
        clock.Stop();
        using Process self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalMilliseconds} {self.PeakWorkingSet64 / 1e6} {self.WorkingSet64 / 1e6} {GC.GetTotalMemory(forceFullCollection: false) / 1e6}"));
        return 0;
    }

    private static string Meaning(string way) => way switch
    {
        "resource" => "embedded resource (default)",
        "brotli" => "compressed resource (`compression: brotli`)",
        "files" => "file beside the app, hash checked (`embed: file`)",
        "array" => "for comparison: `File.ReadAllBytes`, array constructor",
        "path" => "for comparison: path constructor, unchecked",
        _ => "the process without a session",
    };

    private static double[] Start(string way, string folder)
    {
        using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["load-one", "--way", way, "--folder", folder]) { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? [.. text.Trim().Split(' ').Select(part => double.Parse(part, CultureInfo.InvariantCulture))] : throw new InvalidOperationException($"'{way}' failed: {text}");
    }

    private static void Prepare(string model, string folder)
    {
        string copy = Path.Combine(folder, "m.onnx");
        File.Copy(model, copy);
        string compressed = Path.Combine(folder, "m.br");
        using (FileStream stream = File.Create(compressed))
        {
            stream.Write(BitConverter.GetBytes(new FileInfo(model).Length));
            using BrotliStream brotli = new(stream, CompressionLevel.Optimal);
            using FileStream source = File.OpenRead(model);
            source.CopyTo(brotli);
        }
        string pointer = Path.Combine(folder, "m.json");
        using (FileStream stream = File.OpenRead(model))
            File.WriteAllText(pointer, $$"""{ "version": 1, "files": [ { "path": "m.onnx", "bytes": {{stream.Length}}, "sha256": "{{Convert.ToHexStringLower(SHA256.HashData(stream))}}" } ] }""");
        Emit("resource", "m.onnx", copy);
        Emit("brotli", "m.onnx.br", compressed);
        Emit("files", "m.onnx.files.json", pointer);

        void Emit(string name, string resource, string file)
        {
            CSharpCompilation compilation = CSharpCompilation.Create(
                name, references: [MetadataReference.CreateFromFile(typeof(object).Assembly.Location)], options: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
            if (!compilation.Emit(Path.Combine(folder, name + ".dll"), manifestResources: [new ResourceDescription(resource, () => File.OpenRead(file), isPublic: true)]).Success)
                throw new InvalidOperationException("the assembly with the model was not made");
        }
    }
}
