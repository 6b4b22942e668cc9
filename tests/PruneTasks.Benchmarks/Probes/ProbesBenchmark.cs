using System.Diagnostics;
using System.Globalization;
using PruneTasks.BuildTesting;
using PruneTasks.Pruning;
using PruneTasks.Torch.Probing;
using PruneTasks.Worker.Natives;

namespace PruneTasks.Benchmarks.Probes;

/// <summary>
/// The tables of docs/benchmarks/probes.md: random sets and sparse recovery against measuring each group alone, on trained models. The truth is
/// each group alone on other samples.
/// </summary>
internal static class ProbesBenchmark
{
    private const string Cifar = """
        task: image-classification
        image: { size: [32, 32], color: rgb, layout: nchw, scale: 0.00392156862745098, mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.2010] }
        data: { personal: { path: "$data/cifar10/train" } }
        """;

    private const string Mnist = """
        task: image-classification
        image: { size: [28, 28], color: gray, layout: nchw, scale: 0.00392156862745098, mean: [0.1307], std: [0.3081] }
        data: { personal: { path: "$data/mnist/train" } }
        """;

    private const string Text = """
        task: text-classification
        data: { personal: { path: "$models/text-encoder-toy-102k/expected.npz" } }
        """;

    private const string VitCifar = "vit-cifar10-811k/vit_cifar10_postnorm_relu_op17.onnx", VitMnist = "vit-mnist-einsum-502k/vit_mnist_einsum_op17.onnx",
        TextEncoder = "text-encoder-toy-102k/text_encoder_toy_op17.onnx";

    private const string Head = """
        # Random sets and sparse recovery against each group alone

        Written by `dotnet run -c Release --project tests/PruneTasks.Benchmarks -- probes`. What the figures mean for the defaults is in
        docs/decisions/0011-probes-and-partition.md.

        The price of a group is KL(dense ‖ changed) of the answers. The truth is each group alone on other samples. Cells: Spearman / recall of the
        dearest quarter; the estimate of each row comes from one and the same set of samples. A pass is one run of the dense network over these samples; a run
        that starts in the middle counts as its share of the nodes. Seconds of a row are those of all sets by the share of passes.


        """;

    private static readonly double[] Quarters = [0.25, 0.5, 1, 2];

    private static readonly ProbeCase[] Cases =
    [
        new("vit-cifar10-811k", ProbeLevel.Sites, 0.3, VitCifar, Cifar, 64, Quarters),
        new("vit-mnist-einsum-502k", ProbeLevel.Sites, 0.3, VitMnist, Mnist, 64, Quarters),
        new("text-encoder-toy-102k", ProbeLevel.Chunks, 0.1, TextEncoder, Text, 64, Quarters),
        new("vit-cifar10-811k", ProbeLevel.Chunks, 0.05, VitCifar, Cifar, 32, Quarters),
        new("text-encoder-toy-102k", ProbeLevel.Neurons, 0.03, TextEncoder, Text, 64, Quarters),
        new("vit-cifar10-811k", ProbeLevel.Neurons, 0.02, VitCifar, Cifar, 16, [0.125, 0.25, 0.5]),
    ];

    /// <summary>Runs all cases.</summary>
    /// <param name="quick">A quarter of the samples, and only models that are done in seconds.</param>
    /// <param name="only">Only the case with this number, from 1; 0: all.</param>
    /// <param name="output">Takes the tables.</param>
    /// <returns>Exit code: 2 if <c>../shared</c> is absent.</returns>
    public static int Run(bool quick, int only, TextWriter output)
    {
        string shared = Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared")).Replace('\\', '/');
        if (!Directory.Exists(shared))
        {
            Console.Error.WriteLine("not run: ../shared is absent");
            return 2;
        }
        WorkerNatives.UseTorch(null, 0);
        if (quick || only > 0) return Write(quick, only, shared, output);
        using StringWriter page = new() { NewLine = "\n" };
        page.Write(Head);
        Write(quick, only, shared, page);
        File.WriteAllText(Path.Combine(Repository.Root, "docs", "benchmarks", "probes.md"), page.ToString().TrimEnd() + "\n");
        output.Write(page);
        return 0;
    }

    private static int Write(bool quick, int only, string shared, TextWriter output)
    {
        using TemporaryFolder folder = new("probes");
        for (int i = 0; i < Cases.Length; i++)
        {
            if (only > 0 && only != i + 1) continue;
            if (quick && Cases[i] is { Level: ProbeLevel.Neurons, Model: VitCifar }) continue;
            ProbeCase one = quick ? Cases[i] with { Samples = Cases[i].Samples / 4 } : Cases[i];
            string spec = folder.Write($"{i}/m.prune.yaml", Spec(one.Model, one.Rest));
            using ProbeGraph graph = new(one, spec);
            Case(one, graph, output);
            output.Flush();
        }
        if (only == 0 || only == Cases.Length + 1)
            PartitionTable.Write("vit-cifar10-811k", folder.Write("cifar/m.prune.yaml", Spec(VitCifar, Cifar)), PartitionTable.Cifar, quick ? 48 : 96, output);
        if (only == 0 || only == Cases.Length + 2)
            PartitionTable.Write("vit-mnist-einsum-502k", folder.Write("mnist/m.prune.yaml", Spec(VitMnist, Mnist)), PartitionTable.Digits, quick ? 24 : 48, output);
        return 0;

        string Spec(string model, string rest) => $"version: 1\nmodel: \"{shared}/models/{model}\"\n"
            + rest.Replace("$data", $"{shared}/data", StringComparison.Ordinal).Replace("$models", $"{shared}/models", StringComparison.Ordinal) + "\n";
    }

    private static void Case(ProbeCase one, ProbeGraph graph, TextWriter output)
    {
        int n = graph.Groups.Count, top = Math.Max(1, n / 4);
        int[][] alone = [.. Enumerable.Range(0, n).Select(j => (int[])[j])];
        double[] truth = graph.Measure(alone, others: true).Means(ProbeObservation.Divergence);
        long start = Stopwatch.GetTimestamp();
        ProbeReadings exact = graph.Measure(alone, others: false);
        double aloneSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        ProbeDesign design = ProbeDesign.Create(n, one.Share, (int)Math.Ceiling(one.Sets[^1] * n), 42);
        start = Stopwatch.GetTimestamp();
        ProbeReadings probes = graph.Measure([.. design.Probes.Select(p => p.Groups)], others: false);
        double perPass = Stopwatch.GetElapsedTime(start).TotalSeconds / probes.Passes;

        output.WriteLine(Line($"### {one.Name}, {Words(one.Level)}: n = {n}, {graph.Samples} samples, sets of {one.Share:P0}"));
        output.WriteLine();
        output.WriteLine(Line($"Effective number of groups {RankAgreement.EffectiveNumber(truth):F0} of {n}. Measured / sum of the parts: {string.Join("; ", Enum.GetValues<ProbeObservation>().Select(o => Fit(o, design, probes, exact)))}."));
        output.WriteLine();
        MarkdownTable table = new(output, ["sets m", "passes", "seconds", .. SparseRecovery.Solvers, "auto, on the logit error", "R² left out (auto)", "solvers agree"]);
        double[] loo = exact.Means(ProbeObservation.Divergence);
        table.Add(["each alone", Line($"{exact.Passes:F0}"), Line($"{aloneSeconds:F1}"), $"**{Score(loo)}**", .. Enumerable.Repeat("", SparseRecovery.Solvers.Count + 2)]);
        foreach (double share in one.Sets)
        {
            int m = (int)Math.Ceiling(share * n);
            ProbeDesign part = design.Take(m);
            double[] kl = [.. probes.Means(ProbeObservation.Divergence).Take(m)], logits = [.. probes.Means(ProbeObservation.LogitError).Take(m)];
            double passes = 1 + part.Probes.Sum(p => graph.PassOf(p.Groups));
            Recovery chosen = SparseRecovery.Recover(part, kl);
            table.Add(
            [
                Line($"{m} ({share:0.###} n)"), Line($"{passes:F0}"), Line($"{passes * perPass:F1}"),
                .. SparseRecovery.Solvers.Select(s => Score(SparseRecovery.Recover(part, kl, null, s, crossCheck: false).Importance)),
                Score(SparseRecovery.Recover(part, logits, crossCheck: false).Importance), Line($"{chosen.HeldOutR2:F2}"), Line($"{chosen.Jaccard:F2}"),
            ]);
        }
        output.WriteLine();

        string Score(IReadOnlyList<double> estimate) => Line($"{RankAgreement.Spearman(estimate, truth):F2} / {RankAgreement.TopRecall(estimate, truth, top):F2}");
    }

    private static string Fit(ProbeObservation observation, ProbeDesign design, ProbeReadings probes, ProbeReadings alone)
    {
        double[] parts = alone.Means(observation);
        Additivity fit = Additivity.Of(probes.Means(observation), [.. design.Probes.Select(p => p.Groups.Sum(g => parts[g]))]);
        return Line($"{Name(observation)} {fit.Ratio:F2}, R² {fit.R2:F2}, error {fit.Error:F2}");
    }

    private static string Name(ProbeObservation observation) => observation switch
    {
        ProbeObservation.Divergence => "KL",
        ProbeObservation.LogitError => "logit error",
        _ => "entropy increase",
    };

    private static string Words(ProbeLevel level) => level switch
    {
        ProbeLevel.Sites => "sites at half of their units",
        ProbeLevel.Chunks => "heads and chunks of 16 neurons",
        _ => "heads and single neurons",
    };

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
