using System.Collections;
using System.Diagnostics;
using System.Text;

namespace PruneTasks.BuildTesting;

/// <summary>What a run of <c>dotnet</c> gave.</summary>
internal sealed record DotNetRun(string Command, int ExitCode, string Output)
{
    /// <summary>This run, if it succeeded.</summary>
    public DotNetRun Succeeded() => ExitCode == 0 ? this : throw new InvalidOperationException($"{Command} ended with {ExitCode}:\n{Output}");

    /// <summary>This run, if it failed.</summary>
    public DotNetRun Failed() => ExitCode != 0 ? this : throw new InvalidOperationException($"{Command} did not fail:\n{Output}");

    /// <summary>The lines that hold a text.</summary>
    public IReadOnlyList<string> LinesWith(string text) =>
        [.. Output.Split('\n').Where(line => line.Contains(text, StringComparison.Ordinal)).Select(line => line.Trim()).Distinct()];
}

/// <summary>Runs <c>dotnet</c> as a user would, without what the test run has put into the environment.</summary>
internal static class DotNet
{
    /// <summary>Runs to the end.</summary>
    public static async Task<DotNetRun> Run(string folder, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var output = new StringBuilder();
        using Process process = Start(folder, arguments, output, environment);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"dotnet {string.Join(' ', arguments)} does not end:\n{output}");
        }

        lock (output)
            return new DotNetRun("dotnet " + string.Join(' ', arguments), process.ExitCode, output.ToString());
    }

    /// <summary>Starts, perhaps by a program that replaces itself with it, and returns at once; what it prints is collected in <paramref name="output"/>.</summary>
    public static Process Start(
        string folder, IReadOnlyList<string> arguments, StringBuilder output, IReadOnlyDictionary<string, string>? environment = null, string? launcher = null)
    {
        string dotnet = Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";
        var start = new ProcessStartInfo(launcher ?? dotnet)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in launcher is null ? arguments : [dotnet, .. arguments])
            start.ArgumentList.Add(argument);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            // The test host's own MSBuild and host settings would bend the build under test.
            string name = (string)variable.Key;
            if (name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("DOTNET_HOST", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase) || name.StartsWith("PRUNETASKS", StringComparison.OrdinalIgnoreCase)
                || name is "NUGET_PACKAGES" or "CI")
            {
                start.Environment.Remove(name);
            }
        }

        // A node that stays alive would keep the tasks of a package that is about to be deleted.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        foreach (KeyValuePair<string, string> variable in environment ?? new Dictionary<string, string>())
            start.Environment[variable.Key] = variable.Value;

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, e) => Add(e.Data);
        process.ErrorDataReceived += (_, e) => Add(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Add(string? line)
        {
            if (line is null)
                return;
            lock (output)
                output.AppendLine(line);
        }
    }
}
