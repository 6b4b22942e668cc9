using System.CommandLine;
using PruneTasks.EndToEnd.Tests.Matrix;

namespace PruneTasks.Benchmarks.Build;

/// <summary>The commands that run <c>dotnet build</c>. With <c>--out</c> each writes its part of docs/benchmarks/build.md.</summary>
internal static class BuildCommands
{
    /// <summary>All of them.</summary>
    public static IEnumerable<Command> All()
    {
        Option<int> noopRounds = new("--rounds") { Description = "Pairs of builds.", DefaultValueFactory = _ => 15 };
        yield return Create("noop", "Measures what the package adds to a build that has nothing to do.", [noopRounds],
            (parsed, output) => NothingToDoBenchmark.Run(parsed.GetValue(noopRounds), output));

        Option<int> cleanRounds = new("--rounds") { Description = "Pairs of builds.", DefaultValueFactory = _ => 15 };
        Option<int> megabytes = new("--megabytes") { Description = "Size of the pruned model.", DefaultValueFactory = _ => 10 };
        yield return Create("clean", "Measures what the package adds to a build after a clean, with the result in the cache.", [cleanRounds, megabytes],
            (parsed, output) => AfterCleanBenchmark.Run(parsed.GetValue(cleanRounds), parsed.GetValue(megabytes), output));

        Option<int> processes = new("--rounds") { Description = "Processes for each project.", DefaultValueFactory = _ => 9 };
        yield return Create("generator", "Measures the source generator in compilers that have just started; exit code 1 if a promised time is missed.", [processes],
            (parsed, output) => GeneratorBenchmark.Run(parsed.GetValue(processes), output));

        Option<int> kills = new("--count") { Description = "How often to kill.", DefaultValueFactory = _ => 50 };
        Option<int> seed = new("--seed") { Description = "Chooses the moments.", DefaultValueFactory = _ => 42 };
        Option<bool> real = new("--real") { Description = "With the real worker, pruning the sample's model in steps; else with one that only moves files." };
        yield return Create("kill", "Kills builds and workers at random moments; exit code 1 if a build after that does not put everything right.", [kills, seed, real],
            (parsed, output) => KillBenchmark.Run(parsed.GetValue(kills), parsed.GetValue(seed), parsed.GetValue(real), output), parsed => parsed.GetValue(real) ? "kill-real" : "kill");

        Option<int> stops = new("--count") { Description = "How many builds to stop.", DefaultValueFactory = _ => 12 };
        Option<int> moments = new("--seed") { Description = "Chooses the moments.", DefaultValueFactory = _ => 42 };
        yield return Create("interrupt", "Stops builds by Ctrl-C while the worker runs; exit code 1 if a worker lives on for longer than promised.", [stops, moments],
            (parsed, output) => InterruptBenchmark.Run(parsed.GetValue(stops), parsed.GetValue(moments), output));

        yield return Create("concurrent", "Eight builds of four projects with two models at the same moment on an empty cache; exit code 1 if a model is pruned twice.", [],
            (_, output) => ConcurrentBuildsBenchmark.Run(output));

        yield return Create("aot", "Publishes an app with a model of every task, trimmed and by native AOT; exit code 1 for a warning or another output than by the JIT.", [],
            (_, output) => AotBenchmark.Run(output));

        Option<string[]> only = new("--only") { Description = "Groups to run, in place of all.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
        only.AcceptOnlyFromAmong([.. BuildMatrix.All.Select(group => group.Name)]);
        yield return Create("matrix", "Builds, publishes and packs in all the ways that are promised; exit code 1 if one of them does not hold.", [only],
            (parsed, output) => MatrixBenchmark.Run(parsed.GetValue(only)!, output));
    }

    private static Command Create(string name, string description, IEnumerable<Option> options, Func<ParseResult, TextWriter, Task<int>> run, Func<ParseResult, string>? section = null)
    {
        Option<string?> page = new("--out") { Description = "Page to write into as well, as docs/benchmarks/build.md." };
        var command = new Command(name, description) { page };
        foreach (Option option in options)
            command.Add(option);
        command.SetAction((parsed, _) => PageSection.Run(parsed.GetValue(page), section?.Invoke(parsed) ?? name, output => run(parsed, output)));
        return command;
    }
}
