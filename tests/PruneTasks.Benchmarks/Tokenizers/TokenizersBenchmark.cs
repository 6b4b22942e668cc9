extern alias runtime;

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Onnx;
using runtime::PruneTasks.Text;

namespace PruneTasks.Benchmarks.Tokenizers;

/// <summary>
/// The command <c>tokenizers</c>: ids of tokenizers against those that a reference implementation gave. Each sub-folder of the folder has a tokenizer's file, and
/// <c>ids.jsonl</c>, or <c>plain.jsonl</c> where ids are without start and end tokens: a line has the members <c>text</c> and <c>ids</c>.
/// </summary>
internal static class TokenizersBenchmark
{
    public static Command Create(TextWriter output)
    {
        Option<string> folder = new("--folder") { Description = "Folder of folders, each with a tokenizer and ids.jsonl or plain.jsonl ({text, ids} a line).", Required = true };
        Option<int> show = new("--show") { Description = "How many differences of each are shown.", DefaultValueFactory = _ => 0 };
        Command command = new("tokenizers", "Ids of tokenizers against those of other implementations; exit code 1 if any differ.") { folder, show };
        command.SetAction((parsed, _) => Task.FromResult(Run(Path.GetFullPath(parsed.GetValue(folder)!), parsed.GetValue(show), output)));
        return command;
    }

    private static int Run(string folder, int show, TextWriter output)
    {
        MarkdownTable table = new(output, "tokenizer", "kind", "texts", "tokens", "texts with other ids", "tokens per s", "bytes per token", "build, s", "embedded, MB", "load, s", "100 kB without a space, s");
        StringWriter shown = new();
        bool same = true;
        foreach (string one in Directory.GetDirectories(folder).Order(StringComparer.Ordinal))
            same &= Row(one, show, table, shown);
        output.Write(shown);
        return same ? 0 : 1;
    }

    private static bool Row(string folder, int show, MarkdownTable table, StringWriter shown)
    {
        string name = Path.GetFileName(folder);
        string lines = Directory.GetFiles(folder, "*.jsonl").Single();
        string file = Directory.GetFiles(folder).Order(StringComparer.Ordinal).First(path => path != lines && Path.GetExtension(path) != ".yaml");
        string settings = Path.Combine(folder, "text.yaml");
        Stopwatch watch = Stopwatch.StartNew();
        ManifestResult built = Build(folder, Path.GetFileName(file), File.Exists(settings) ? $", {File.ReadAllText(settings).Trim()}" : "");
        double build = watch.Elapsed.TotalSeconds;
        if (built.Tokenizer is not { } written)
        {
            table.Add(name, string.Join("; ", built.Diagnostics.Select(diagnostic => $"{diagnostic.Id}: {diagnostic.Message}")), "", "", "", "", "", "", "", "", "");
            return false;
        }
        byte[] definition = Encoding.UTF8.GetBytes(written.Definition), data = written.DataFile is { } kept ? File.ReadAllBytes(kept) : [];
        watch.Restart();
        TokenizerDefinition read = TokenizerDefinition.Read(definition, data);
        TextTokenizer tokenizer = built.Manifest!.Text!.Tokenizer == "llama2c" ? new Llama2cTokenizer(read) : new PieceTokenizer(read);
        double load = watch.Elapsed.TotalSeconds;
        (string Text, int[] Ids)[] all = [.. File.ReadLines(lines).Select(Read)];
        Func<string, IReadOnlyList<int>> split = Path.GetFileName(lines) == "plain.jsonl" ? tokenizer.Split : text => tokenizer.Encode(text);
        foreach ((string text, _) in all.Take(200))
            split(text);
        long before = GC.GetAllocatedBytesForCurrentThread();
        watch.Restart();
        IReadOnlyList<int>[] ids = [.. all.Select(one => split(one.Text))];
        double seconds = watch.Elapsed.TotalSeconds;
        long tokens = ids.Sum(one => one.Count), allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        int[] other = [.. Enumerable.Range(0, all.Length).Where(i => !ids[i].SequenceEqual(all[i].Ids))];
        watch.Restart();
        split(string.Concat(Enumerable.Repeat("abcdefghij", 10_000)));
        double word = watch.Elapsed.TotalSeconds;
        table.Add(name, built.Manifest.Text.Tokenizer!, $"{all.Length}", $"{tokens}", $"{other.Length}", Number(tokens / seconds, "0"), $"{allocated / Math.Max(1, tokens)}",
            Number(build, "0.0"), Number((definition.Length + data.Length) / 1e6, "0.0"), Number(load, "0.0"), Number(word, "0.00"));
        foreach (int i in other.Take(show))
            shown.WriteLine($"\n{name}: {JsonSerializer.Serialize(all[i].Text)}\n  here      {string.Join(' ', ids[i])}\n  reference {string.Join(' ', all[i].Ids)}");
        return other.Length == 0;
    }

    // A half of a pair, which JSON can write, is no text to the reader: it is the replacement character to all tokenizers.
    private static (string, int[]) Read(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement text = document.RootElement.GetProperty("text");
        string written;
        try
        {
            written = text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            written = System.Text.RegularExpressions.Regex.Unescape(text.GetRawText()[1..^1]);
        }
        return (written, [.. document.RootElement.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())]);
    }

    private static ManifestResult Build(string folder, string file, string more)
    {
        SpecReadResult spec = PruneSpecReader.Read($"version: 1\ntask: text-embedding\ntext: {{ tokenizer: {file}{more} }}\n", Path.Combine(folder, "model.prune.yaml"));
        if (spec.Spec is not { } found)
            return new ManifestResult(null, spec.Diagnostics);
        AxisSignature[] axes = [new(null, "batch"), new(null, "length")];
        return ManifestBuilder.Build(found, new ModelSignature
        {
            IrVersion = 8,
            Producer = "",
            ProducerVersion = "",
            Opsets = [],
            ExternalFiles = [],
            Inputs = [new TensorSignature("input_ids", ElementType.Int64, axes)],
            Outputs = [new TensorSignature("y", ElementType.Float32, [.. axes, new(4, null)])],
        });
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
