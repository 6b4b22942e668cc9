using System.CommandLine;

namespace PruneTasks.Benchmarks.Wrapper;

/// <summary>The commands <c>wrapper</c>, <c>stress</c> and <c>load</c>.</summary>
internal static class WrapperCommands
{
    public static IEnumerable<Command> Create(TextWriter output)
    {
        Command wrapper = new("wrapper", "What a request adds to RunWithBinding on the smallest model; exit code 1 above 3 % and above 1 µs.");
        wrapper.SetAction((_, _) => Task.FromResult(OverheadBenchmark.Run(output)));
        yield return wrapper;

        Option<int> threads = new("--threads") { Description = "Threads on one model.", DefaultValueFactory = _ => 8 };
        Option<int> calls = new("--calls") { Description = "Calls of each thread.", DefaultValueFactory = _ => 10_000 };
        Option<int> seed = new("--seed") { Description = "Chooses inputs and moments.", DefaultValueFactory = _ => 42 };
        Command stress = new("stress", "Calls from many threads, cancelled at random; exit code 1 for a wrong result or growing memory.") { threads, calls, seed };
        stress.SetAction((parsed, _) => StressBenchmark.Run(parsed.GetValue(threads), parsed.GetValue(calls), parsed.GetValue(seed), output));
        yield return stress;

        Option<string> model = new("--model") { Description = "ONNX file.", DefaultValueFactory = _ => WrapperModel.Vit };
        Option<int> rounds = new("--rounds") { Description = "Processes for each way.", DefaultValueFactory = _ => 7 };
        Command load = new("load", "Time and memory of the ways to load a model.") { model, rounds };
        load.SetAction((parsed, _) => Task.FromResult(LoadBenchmark.Run(Path.GetFullPath(parsed.GetValue(model)!), parsed.GetValue(rounds), output)));
        yield return load;

        Option<string> way = new("--way") { Required = true };
        Option<string> folder = new("--folder") { Required = true };
        Command one = new("load-one", "One load.") { way, folder };
        one.Hidden = true;
        one.SetAction((parsed, _) => Task.FromResult(LoadBenchmark.One(parsed.GetValue(way)!, parsed.GetValue(folder)!)));
        yield return one;
    }
}
