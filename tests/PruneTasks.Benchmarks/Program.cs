using System.CommandLine;
using PruneTasks.Benchmarks;
using PruneTasks.Benchmarks.Build;
using PruneTasks.Benchmarks.Conformance;
using PruneTasks.Benchmarks.Fuzz;
using PruneTasks.Benchmarks.Large;
using PruneTasks.Benchmarks.Models;
using PruneTasks.Benchmarks.Probes;
using PruneTasks.Benchmarks.Quality;
using PruneTasks.Benchmarks.Scale;
using PruneTasks.Benchmarks.Wrapper;
using PruneTasks.BuildTesting;

Option<int[]> seeds = new("--seed")
{
    Description = "Chooses the calibration images. Several: a second table shows how far the figures scatter.",
    DefaultValueFactory = _ => [42],
    AllowMultipleArgumentsPerToken = true,
};
Option<int> rounds = new("--rounds") { Description = "Pairs of builds.", DefaultValueFactory = _ => 15 };

Command figures = new("figures", "Prunes a trained vision transformer of ../shared by several cuts; exit code 1 if a promised figure is missed.") { seeds };
figures.SetAction((parsed, cancellation) => FiguresBenchmark.Run(parsed.GetValue(seeds)!, Console.Out, cancellation));
Command noop = new("noop", "Measures what the package adds to a build that has nothing to do.") { rounds };
noop.SetAction((parsed, _) => NothingToDoBenchmark.Run(parsed.GetValue(rounds), Console.Out));
Option<int> cleanRounds = new("--rounds") { Description = "Pairs of builds.", DefaultValueFactory = _ => 7 };
Option<int> megabytes = new("--megabytes") { Description = "Size of the pruned model.", DefaultValueFactory = _ => 10 };
Command clean = new("clean", "Measures what the package adds to a build after a clean, with the result in the cache.") { cleanRounds, megabytes };
clean.SetAction((parsed, _) => AfterCleanBenchmark.Run(parsed.GetValue(cleanRounds), parsed.GetValue(megabytes), Console.Out));
Option<int> kills = new("--count") { Description = "How often to kill.", DefaultValueFactory = _ => 50 };
Option<int> killSeed = new("--seed") { Description = "Chooses the moments.", DefaultValueFactory = _ => 42 };
Option<bool> realWorker = new("--real") { Description = "With the real worker, pruning the sample's model in steps; else with one that only moves files." };
Command kill = new("kill", "Kills builds and workers at random moments; exit code 1 if a build after that does not put everything right.") { kills, killSeed, realWorker };
kill.SetAction((parsed, _) => KillBenchmark.Run(parsed.GetValue(kills), parsed.GetValue(killSeed), parsed.GetValue(realWorker), Console.Out));
Command concurrent = new("concurrent", "Eight builds of four projects with two models at the same moment on an empty cache; exit code 1 if a model is pruned twice.");
concurrent.SetAction((_, _) => ConcurrentBuildsBenchmark.Run(Console.Out));
Option<string> images = new("--images") { Description = "Folder of images.", DefaultValueFactory = _ => Path.Combine(Repository.Root, "..", "shared", "data", "cifar10", "train") };
Option<int> samples = new("--samples") { Description = "Images to calibrate on.", DefaultValueFactory = _ => 256 };
Option<int[]> shapes = new("--shapes") { Description = "Which shapes, 1 the smallest.", DefaultValueFactory = _ => [1, 2, 3], AllowMultipleArgumentsPerToken = true };
Command scale = new("scale", "Prunes generated vision transformers of growing size by half of their MACs.") { images, samples, shapes };
scale.SetAction((parsed, _) => ScaleBenchmark.Run(Path.GetFullPath(parsed.GetValue(images)!), parsed.GetValue(samples), parsed.GetValue(shapes)!, Console.Out));
Option<bool> fewer = new("--quick") { Description = "A quarter of the samples, without the largest case; writes no page." };
Option<int> one = new("--case") { Description = "Only the case with this number, from 1; writes no page." };
Command probes = new("probes", "Random sets and sparse recovery against measuring each group alone; writes docs/benchmarks/probes.md.") { fewer, one };
probes.SetAction((parsed, _) => Task.FromResult(ProbesBenchmark.Run(parsed.GetValue(fewer), parsed.GetValue(one), Console.Out)));
Option<bool> quick = new("--quick") { Description = "Few rows, one seed, few samples: shows that everything runs." };
Option<string[]> only = new("--only") { Description = "Sections to print, in place of writing the page.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
only.AcceptOnlyFromAmong([.. QualityBenchmark.Sections]);
Command quality = new("quality", "Measures what pruning keeps, against other methods, and writes docs/benchmarks/quality.md.") { quick, only };
quality.SetAction((parsed, cancellation) => QualityBenchmark.Run(parsed.GetValue(only)!, parsed.GetValue(quick), cancellation));
Option<string> cases = new("--cases") { Description = "Folder or .tar.gz with cases of ONNX's backend tests, at any depth.", Required = true };
Option<string?> page = new("--out") { Description = "Page to write the table to, as docs/benchmarks/conformance.md." };
Option<int?> from = new(ConformanceBatch.FromOption) { Hidden = true };
Command conformance = new("conformance", "Runs ONNX's backend tests through the lowering; exit code 1 if a case is wrong or crashes.") { cases, page, from };
conformance.SetAction((parsed, cancellation) =>
{
    string path = Path.GetFullPath(parsed.GetValue(cases)!);
    return parsed.GetValue(from) is { } first ? Task.FromResult(ConformanceBatch.RunFrom(path, first)) : ConformanceCommand.Run(path, parsed.GetValue(page), Console.Out, cancellation);
});

RootCommand root = new("Measurements of PruneTasks, printed as Markdown.") { figures, noop, clean, kill, concurrent, scale, quality, probes, conformance, ModelsCommand.Create(Console.Out), LargeBenchmark.Create(Console.Out) };
root.Add(ZooCommand.Create());
foreach (Command command in WrapperCommands.Create(Console.Out)) root.Add(command);
foreach (Command command in FuzzBenchmark.Commands()) root.Add(command);

return await root.Parse(args).InvokeAsync();
