using System.CommandLine;
using System.Globalization;
using PruneTasks.Benchmarks.Models.Inputs;
using PruneTasks.Benchmarks.Quality;
using PruneTasks.BuildTesting;
using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Inputs;
using PruneTasks.Worker.Pipeline;
using PruneTasks.Worker.Running;
using PruneTasks.WorkerRuns;

namespace PruneTasks.Benchmarks.Convolutions;

/// <summary>What convolutional networks lose on images that they were not calibrated on, over several splits of the same images.</summary>
internal static class ConvolutionsBenchmark
{
    public static Command Create(TextWriter output)
    {
        Option<int[]> seeds = new("--seed") { Description = "Each splits the images anew.", DefaultValueFactory = _ => [1, 2], AllowMultipleArgumentsPerToken = true };
        Option<double> cut = new("--cut") { Description = "Share of the MACs to remove.", DefaultValueFactory = _ => 0.3 };
        Option<string[]> only = new("--only") { Description = "Networks by name.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
        Option<string[]> extra = new("--model") { Description = "Further ONNX files that read photographs, RGB less its mean, and give features.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
        Option<string> prune = new("--prune") { Description = "Further lines of the spec's section 'prune', separated by ';'.", DefaultValueFactory = _ => "" };
        Command command = new("convolutions", "Prunes convolutional networks of ../shared on some of their images, and measures on the others.") { seeds, cut, only, extra, prune };
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed.GetValue(seeds)!, parsed.GetValue(cut), parsed.GetValue(only)!, parsed.GetValue(extra)!, parsed.GetValue(prune)!, output, cancellation)));
        return command;
    }

    private static int Run(int[] seeds, double cut, string[] only, string[] extra, string prune, TextWriter output, CancellationToken cancellation)
    {
        string shared = Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared"));
        if (!Directory.Exists(shared))
        {
            Console.Error.WriteLine("not run: ../shared is absent");
            return 2;
        }
        MarkdownTable table = new(output, "network", "split", "KL", "agreement", "NMSE", "KL or NMSE on calibration images", "MACs left", "seconds");
        foreach (ConvolutionSubject subject in ConvolutionSubject.All(shared, extra).Where(s => only.Length == 0 || only.Contains(s.Name)))
        {
            foreach (int seed in seeds)
            {
                using var folder = new TemporaryFolder("convolutions");
                (Comparison test, Comparison fit, PruneOutput report) = One(subject, seed, cut, prune, folder, cancellation);
                table.Add(subject.Name, $"{seed}", Text(test.Kl), test.Agreement?.ToString("P1", CultureInfo.InvariantCulture) ?? "", Text(Nmse(test)), Text(fit.Kl ?? Nmse(fit)),
                    ((double)report.Count("pruned", "macs") / report.Count("dense", "macs")).ToString("P1", CultureInfo.InvariantCulture),
                    string.Join(", ", report.Stages.Where(s => s.Seconds >= 1).Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Name} {s.Seconds:F0}"))));
                output.Flush();
            }
        }
        return 0;

        static double Nmse(Comparison of) => of.Outputs.Max(o => o.Nmse ?? 0);
        static string Text(double? value) => value?.ToString("G3", CultureInfo.InvariantCulture) ?? "";
    }

    private static (Comparison Test, Comparison Fit, PruneOutput Report) One(ConvolutionSubject subject, int seed, double cut, string prune, TemporaryFolder folder, CancellationToken cancellation)
    {
        ModelFile dense = ModelFile.Read(subject.Model);
        IReadOnlyList<ModelInput> inputs = ModelInput.Of(dense.Model);
        string spec = Write("images", "image-classification", $"image: {subject.Image}", subject.Images);
        Sample[] images = [.. Read(spec)];
        // The data has its own order, spread over classes; each seed takes other images out of it to measure on.
        int[] order = [.. Enumerable.Range(0, images.Length)];
        new Random(seed).Shuffle(order);
        Sample[] fit = [.. order.Take(subject.Fit).Order().Select(i => images[i])], test = [.. order.Skip(subject.Fit).Take(subject.Test).Order().Select(i => images[i])];
        string data;
        if (subject.IsClassifier)
        {
            data = folder["fit"];
            foreach (Sample sample in fit)
            {
                string to = Path.Combine(data, sample.Source);
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(Path.Combine(subject.Images, sample.Source), to);
            }
        }
        else
        {
            SampleFile.Write(data = folder["fit"], inputs, fit);
        }
        string task = subject.IsClassifier ? "image-classification" : "generic";
        spec = Write("m", task, subject.IsClassifier ? $"image: {subject.Image}" : "", data, string.Create(CultureInfo.InvariantCulture, $"prune: {{ seed: {seed}, budget: {{ macs: {1 - cut:0.####} }}{string.Concat(prune.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(p => ", " + p))} }}"));
        List<PruneDiagnostic> diagnostics = [];
        new PruneRun(new PrunePipeline(), static _ => { }).Run(new PruneRequest { Spec = spec, Output = folder["out"] }, diagnostics, cancellation);
        PruneOutput report = new(folder["out"], "m");
        ModelPair pair = new(dense, ModelFile.Read(report.Model));
        return (Compare(test), Compare(fit), report);

        Comparison Compare(Sample[] samples) => pair.Compare(subject.IsClassifier ? ModelTask.ImageClassification : ModelTask.Generic, 0, inputs, samples, 2, cancellation);

        string Write(string name, string task, string head, string path, string tail = "") =>
            folder.Write($"{name}.prune.yaml", $"version: 1\nmodel: \"{Subject.Slashes(subject.Model)}\"\ntask: {task}\n{head}\ndata: {{ personal: {{ path: \"{Subject.Slashes(path)}\" }} }}\n{tail}\n");

        IReadOnlyList<Sample> Read(string file)
        {
            List<PruneDiagnostic> ignored = [];
            PruneSpec read = SpecInput.ReadSpec(file, ignored);
            return [.. DataLoader.Open(SpecInput.Fit(read, dense, ignored).Request("personal", read.Data.Personal!)).Read(ignored).Take(1000)];
        }
    }
}
