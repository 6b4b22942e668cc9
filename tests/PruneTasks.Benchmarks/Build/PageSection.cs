using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using PruneTasks.BuildTesting;

namespace PruneTasks.Benchmarks.Build;

/// <summary>
/// A part of a page that a command writes: what lies between <c>&lt;!-- begin NAME --&gt;</c> and <c>&lt;!-- end NAME --&gt;</c>. The text around it is written
/// by people.
/// </summary>
internal static class PageSection
{
    /// <summary>Runs a measurement that prints, and writes what it printed into the page as well.</summary>
    /// <param name="page">The page; null prints only.</param>
    /// <param name="name">Name of the part.</param>
    /// <param name="run">Prints; its result is the exit code.</param>
    public static async Task<int> Run(string? page, string name, Func<TextWriter, Task<int>> run)
    {
        if (page is not null && Find(await File.ReadAllTextAsync(page), name) is null)
        {
            await Console.Error.WriteLineAsync($"'{page}' has no '{Begin(name)}' with '{End(name)}' after it.");
            return 1;
        }

        string before = await Conditions();
        using var text = new StringWriter { NewLine = "\n" };
        int code;
        await using (var both = new TeeWriter(Console.Out, text))
        {
            await both.WriteLineAsync(before);
            await both.WriteLineAsync();
            code = await run(both);
        }

        // Read again: another measurement may have been written meanwhile.
        if (page is not null && await File.ReadAllTextAsync(page) is var old && Find(old, name) is { } range)
            await File.WriteAllTextAsync(page, $"{old[..range.Start]}\n{text.ToString().Trim()}\n{old[range.End..]}");
        return code;
    }

    private static (Index Start, Index End)? Find(string page, string name)
    {
        int begin = page.IndexOf(Begin(name), StringComparison.Ordinal);
        int end = begin < 0 ? -1 : page.IndexOf(End(name), begin, StringComparison.Ordinal);
        return end < 0 ? null : (begin + Begin(name).Length, end);
    }

    private static string Begin(string name) => $"<!-- begin {name} -->";

    private static string End(string name) => $"<!-- end {name} -->";

    // On what it was measured, and how busy that was: figures of a busy machine are no figures.
    private static async Task<string> Conditions()
    {
        string sdk = (await DotNet.Run(Repository.Root, ["--version"])).Output.Trim();
        string load = File.Exists("/proc/loadavg") ? $", load {(await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0]} before it began" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{RuntimeInformation.RuntimeIdentifier}, {Environment.ProcessorCount} cores{load}, .NET SDK {sdk}, {DateTime.UtcNow:yyyy-MM-dd}.");
    }

    private sealed class TeeWriter(TextWriter first, TextWriter second) : TextWriter
    {
        public override Encoding Encoding => first.Encoding;

        public override void Write(char value)
        {
            first.Write(value);
            second.Write(value);
        }

        public override void Write(string? value)
        {
            first.Write(value);
            second.Write(value);
        }

        public override void WriteLine(string? value)
        {
            first.WriteLine(value);
            second.WriteLine(value);
        }
    }
}
