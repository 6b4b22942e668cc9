using System.Diagnostics;
using System.Text.Json;
using PruneTasks.Testing;
using PruneTasks.Torch.Native;

namespace PruneTasks.Benchmarks.Conformance;

/// <summary>Runs cases in a second process, which a native library may end: it is started again behind the case that ended it.</summary>
internal static class ConformanceBatch
{
    /// <summary>Hidden argument: run as that second process, from the case with the number that follows.</summary>
    public const string FromOption = "--from";

    private const string Started = "@", Done = "=";

    private static readonly TimeSpan CaseLimit = TimeSpan.FromMinutes(3);

    /// <summary>The second process: a line before each case, one with the outcome after it.</summary>
    public static int RunFrom(string cases, int from)
    {
        // Torch prints nothing to standard output; whatever else does must not break the lines.
        using StreamWriter lines = new(Console.OpenStandardOutput()) { AutoFlush = true };
        Console.SetOut(Console.Error);
        TorchRuntime.Initialize();
        OnnxRuntimeNative.Initialize(typeof(Microsoft.ML.OnnxRuntime.OrtEnv).Assembly);
        IReadOnlyList<ConformanceCase> all = ConformanceCase.In(ConformanceFiles.Open(cases));
        for (int i = from; i < all.Count; i++)
        {
            lines.WriteLine($"{Started}{i}");
            lines.WriteLine(Done + JsonSerializer.Serialize(ConformanceCheck.Run(all[i])));
        }
        return 0;
    }

    /// <summary>Runs all cases; outcomes in the order of <paramref name="all"/>.</summary>
    public static async Task<IReadOnlyList<ConformanceOutcome>> RunGuarded(string cases, IReadOnlyList<ConformanceCase> all, CancellationToken cancellation)
    {
        List<ConformanceOutcome> outcomes = [];
        while (outcomes.Count < all.Count)
        {
            int before = outcomes.Count;
            string? end = await RunOnce(cases, outcomes, cancellation);
            if (outcomes.Count == all.Count) break;
            if (end is null && outcomes.Count == before) throw new InvalidOperationException("the process for the cases ended without running one");
            string[] operators = OperatorsOf(all[outcomes.Count]);
            outcomes.Add(new(all[outcomes.Count].Name, ConformanceStatus.Crashed, operators, null, end ?? "the process ended"));
        }
        return outcomes;
    }

    private static async Task<string?> RunOnce(string cases, List<ConformanceOutcome> outcomes, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(ConformanceBatch).Assembly.Location);
        foreach (string argument in new[] { "conformance", "--cases", cases, FromOption, $"{outcomes.Count}" }) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellation);
        string? end = null;
        try
        {
            while (true)
            {
                string? line = await process.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(CaseLimit, cancellation);
                if (line is null) break;
                if (line.StartsWith(Done, StringComparison.Ordinal)) outcomes.Add(JsonSerializer.Deserialize<ConformanceOutcome>(line[Done.Length..])!);
                else if (line.StartsWith(Started, StringComparison.Ordinal)) end = "the process ended";
            }
            await process.WaitForExitAsync(cancellation);
            string said = (await errors).Trim().Split('\n').LastOrDefault() ?? "";
            return process.ExitCode == 0 ? end : $"the process ended with code {process.ExitCode} {said}";
        }
        catch (TimeoutException)
        {
            return $"no answer within {CaseLimit.TotalMinutes:0} minutes";
        }
        finally
        {
            if (!process.HasExited) process.Kill(true);
        }
    }

    private static string[] OperatorsOf(ConformanceCase test)
    {
        try
        {
            return [.. test.Load().Graph.Nodes.Select(n => n.OpType).Distinct()];
        }
        catch (Onnx.OnnxFormatException)
        {
            return [];
        }
    }
}
