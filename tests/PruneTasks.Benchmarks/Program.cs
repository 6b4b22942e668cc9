using System.CommandLine;
using PruneTasks.Benchmarks;

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

return await new RootCommand("Measurements of PruneTasks, printed as Markdown.") { figures, noop }.Parse(args).InvokeAsync();
