using System.Globalization;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Probing;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Inputs;
using PruneTasks.Worker.Pipeline;

namespace PruneTasks.Benchmarks.Probes;

/// <summary>Are personal groups told apart, and nothing where there is nothing to tell? Three classes of ten, and a second general sample in their place.</summary>
internal static class PartitionTable
{
    /// <summary>Subsets of the ten classes of CIFAR-10.</summary>
    public static readonly (string Name, int[] Classes)[] Cifar = [("automobile, cat, ship", [1, 3, 8]), ("airplane, dog, horse", [0, 5, 7]), ("bird, deer, truck", [2, 4, 9]), All];

    /// <summary>Subsets of the digits.</summary>
    public static readonly (string Name, int[] Classes)[] Digits = [("the digit 1", [1]), ("the digits 4, 7, 9", [4, 7, 9]), All];

    private static (string, int[]) All => ("a second general sample", [.. Enumerable.Range(0, 10)]);

    private static readonly (string Name, Func<ProbeReading, double[]> Of)[] Statistics =
    [
        ("KL", r => r.PerSample[ProbeObservation.Divergence]),
        ("root of KL", r => [.. r.PerSample[ProbeObservation.Divergence].Select(v => Math.Sqrt(Math.Max(0, v)))]),
        ("logit error", r => r.PerSample[ProbeObservation.LogitError]),
    ];

    /// <summary>Writes the table.</summary>
    public static void Write(string name, string spec, IReadOnlyList<(string Name, int[] Classes)> subsets, int samples, TextWriter output)
    {
        SpecInput input = SpecInput.Fit(SpecInput.ReadSpec(spec, []), ModelFile.Read(SpecInput.ReadSpec(spec, []).Model.Full, spec, default), []);
        CalibrationSet set = DataLoader.Load(input.Request("personal", input.Spec.Data.Personal!), 2560, 0, []).Calibration;
        PreparedModel model = PreparedModel.From(
            OnnxReader.Load(input.Model.Bytes, null), ShapeBinding.Exact(set.Inputs.Zip(set.Batches(1).First()).ToDictionary(p => p.First.Name, p => p.Second.Shape)));
        using LoweredGraph graph = LoweredGraph.Create(model.Model);
        Sample[] common = [.. set.Samples.Take(samples)];
        using CalibrationBatches statistics = Batches([.. set.Samples.Skip(samples).Take(256)]), everyone = Batches(common);
        IReadOnlyList<ProbeGroup> groups = ProbeGroups.Sites(model.Model, graph, [.. model.Inventory.Sites.Select(s => (s, s.Units / 2))], statistics, CancellationToken.None);
        ProbeReadings others = Measure(everyone);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"### Partition of {groups.Count} sites of {name}, {samples} personal and {samples} common samples"));
        output.WriteLine();
        MarkdownTable table = new(output, "personal data", "price", "separable", "spread", "between halves", "further in", "personal", "common", "by chance", "rank correlation");
        foreach ((string subset, int[] classes) in subsets)
        {
            Sample[] wanted = [.. set.Samples.Skip(samples).Where(s => s.Label is { } label && classes.Contains(label)).Take(samples)];
            using CalibrationBatches personal = Batches(wanted);
            ProbeReadings own = Measure(personal);
            foreach ((string statistic, Func<ProbeReading, double[]> of) in Statistics)
            {
                GroupPartition partition = GroupPartition.Of([.. groups.Select(g => g.Name)], Prices(own, of), Prices(others, of), 200, 42);
                // As if it were separable, so that the row of the second general sample shows what chance gives.
                int Decided(Func<Interval, bool> sure) => partition.Groups.Count(g => sure(g.Interval));
                table.Add(
                    subset, statistic, partition.Separable ? "yes" : "no", Number(partition.Spread), Number(partition.NullSpread),
                    string.Create(CultureInfo.InvariantCulture, $"{partition.Further:P0}"), $"{Decided(i => i.Low > 0.095)}", $"{Decided(i => i.High < -0.095)}", $"{partition.NullDecided}", Number(partition.RankCorrelation));
            }
        }
        output.WriteLine();
        foreach (ProbeGroup group in groups) group.Dispose();

        CalibrationBatches Batches(Sample[] taken) => CalibrationBatches.Create(model.Model.Graph, new CalibrationSet(set.Inputs, taken).WeightedBatches(32));

        ProbeReadings Measure(CalibrationBatches taken) => ProbeMeter.Measure(
            model.Model, graph, groups, [.. Enumerable.Range(0, groups.Count).Select(j => (int[])[j])], taken, model.Model.Graph.Outputs[0], distribution: true, CancellationToken.None);
    }

    private static PriceSample Prices(ProbeReadings readings, Func<ProbeReading, double[]> of)
    {
        double[][] columns = [.. readings.Probes.Select(of)];
        return PriceSample.Alone([.. Enumerable.Range(0, columns[0].Length).Select(s => (double[])[.. columns.Select(c => c[s])])]);
    }

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
