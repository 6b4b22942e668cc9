using System.CommandLine;
using PruneTasks.Benchmarks;
using PruneTasks.Benchmarks.Build;
using PruneTasks.Benchmarks.Conformance;
using PruneTasks.Benchmarks.Convolutions;
using PruneTasks.Benchmarks.Fused;
using PruneTasks.Benchmarks.Fuzz;
using PruneTasks.Benchmarks.Large;
using PruneTasks.Benchmarks.Models;
using PruneTasks.Benchmarks.Probes;
using PruneTasks.Benchmarks.Quality;
using PruneTasks.Benchmarks.Scale;
using PruneTasks.Benchmarks.Tokenizers;
using PruneTasks.Benchmarks.Wrapper;
using PruneTasks.BuildTesting;

Option<int[]> seeds = new("--seed")
{
    Description = "Chooses the calibration images. Several: a second table shows how far the figures scatter.",
    DefaultValueFactory = _ => [42],
    AllowMultipleArgumentsPerToken = true,
};

Command figures = new("figures", "Prunes a trained vision transformer of ../shared by several cuts; exit code 1 if a promised figure is missed.") { seeds };
figures.SetAction((parsed, cancellation) => FiguresBenchmark.Run(parsed.GetValue(seeds)!, Console.Out, cancellation));
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

RootCommand root = new("Measurements of PruneTasks, printed as Markdown.") { figures, scale, quality, probes, conformance, ModelsCommand.Create(Console.Out), LargeBenchmark.Create(Console.Out), ZooCommand.Create(), FusedBenchmark.Create(Console.Out), KeyGroupsBenchmark.Create(Console.Out), TokenizersBenchmark.Create(Console.Out), ConvolutionsBenchmark.Create(Console.Out) };
foreach (Command command in BuildCommands.All().Concat(WrapperCommands.Create(Console.Out)).Concat(FuzzBenchmark.Commands())) root.Add(command);

return await root.Parse(args).InvokeAsync();
