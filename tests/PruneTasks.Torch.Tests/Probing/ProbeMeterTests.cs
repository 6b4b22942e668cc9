using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Probing;
using PruneTasks.Torch.Tests.Building;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Tests.Probing;

public sealed class ProbeMeterTests
{
    private const int Samples = 12;

    [Fact]
    public void A_gated_unit_has_its_mean_for_every_sample()
    {
        using Network network = new(TransformerStyle.Split);
        using var off = no_grad();
        FfnSite site = network.Sites.OfType<FfnSite>().Last();
        using Groups groups = new(ProbeGroups.Units(network.Model, network.Graph, [site], network.Batches, 1, CancellationToken.None));
        int[] gone = [1, 4, 5];
        ProbeReading reading = network.Measure(groups.All, [gone]).Probes[0];

        using DisposeScope scope = NewDisposeScope();
        Value hidden = site.Consumers[0].Input;
        Tensor[] dense = [.. network.Batches.Batches.Select(b => network.Graph.Run(b, [hidden])[0])];
        Tensor mean = cat([.. dense.Select(d => d.reshape(-1, d.shape[^1]))]).mean([0L]);
        List<double> expected = [];
        foreach ((IReadOnlyDictionary<Value, Tensor> inputs, Tensor values) in network.Batches.Batches.Zip(dense))
        {
            Tensor gated = values.clone();
            foreach (int unit in gone) gated[.., .., unit] = mean[unit];
            ProbeAnswer answer = ProbeAnswer.Of(network.Graph.Run(inputs, [network.Output])[0], distribution: true);
            Dictionary<Value, Tensor> known = inputs.ToDictionary(p => p.Key, p => p.Value);
            known[hidden] = gated;
            expected.AddRange(answer.Compare(network.Graph.Run(known, [network.Output])[0]).PerSample[ProbeObservation.Divergence]);
        }
        Assert.All(expected, kl => Assert.True(kl > 1e-7));
        Assert.All(expected.Zip(reading.PerSample[ProbeObservation.Divergence]), p => Assert.Equal(p.First, p.Second, 1e-5 + (0.01 * p.First)));
    }

    [Theory]
    [InlineData(TransformerStyle.Split)]
    [InlineData(TransformerStyle.PackedSplit)]
    [InlineData(TransformerStyle.PackedPerHead)]
    [InlineData(TransformerStyle.PackedGemmRows)]
    public void Sites_of_one_packed_layer_are_compressed_together_as_one_after_the_other(TransformerStyle style)
    {
        using Network network = new(style);
        (PruneSite Site, int Keep)[] sites = [.. network.Sites.Select(s => (s, s.Units / 2))];
        using Groups groups = new(ProbeGroups.Sites(network.Model, network.Graph, sites, network.Batches, CancellationToken.None));
        int[] attention = [.. Enumerable.Range(0, sites.Length).Where(i => SiteAccess.Attention(sites[i].Site) == SiteAccess.Attention(network.Sites.OfType<QueryKeySite>().First()))];
        Assert.Equal(2, attention.Length);

        using LoweredGraph together = network.Graph.Fork(), inTurn = network.Graph.Fork();
        ProbeGroup.Apply(network.Graph, together, [.. attention.Select(i => groups.All[i])]);
        using var off = no_grad();
        foreach (int i in attention)
        {
            using DisposeScope scope = NewDisposeScope();
            using ActivationStream stream = new(network.Graph, network.Batches);
            using SiteCompression compression = SiteAccess.Compression(sites[i].Site, null, new BuildSettings().ContextFor(network.Batches.EffectiveSamples()));
            compression.Gather(stream, batch => stream.Run(batch, compression.Targets));
            compression.Apply(inTurn, sites[i].Keep);
        }
        foreach (Value weight in attention.SelectMany(i => SiteAccess.Weights(sites[i].Site)).Distinct())
        {
            using DisposeScope scope = NewDisposeScope();
            Assert.InRange((together.Weight(weight) - inTurn.Weight(weight)).abs().max().item<float>(), 0, 1e-5);
        }
    }

    [Fact]
    public void What_comes_before_a_probe_is_computed_once_and_changes_nothing()
    {
        using Network network = new(TransformerStyle.PackedGather);
        using Groups groups = new(ProbeGroups.Units(network.Model, network.Graph, network.Sites, network.Batches, 4, CancellationToken.None));
        Assert.Equal(2 * (TransformerGraph.Heads + (TransformerGraph.Hidden / 4)), groups.All.Count);
        int[][] probes = [[3], [], [9, 1], [12], [0]];
        ProbeReadings all = network.Measure(groups.All, probes);
        for (int i = 0; i < probes.Length; i++)
        {
            ProbeReading alone = network.Measure(groups.All, [probes[i]]).Probes[0];
            foreach (ProbeObservation observation in Enum.GetValues<ProbeObservation>())
                Assert.All(alone.PerSample[observation].Zip(all.Probes[i].PerSample[observation]), p => Assert.Equal(p.First, p.Second, 1e-6));
        }
        Assert.All(all.Probes[1].PerSample.Values.SelectMany(v => v), v => Assert.Equal(0, v, 1e-9));
        Assert.Equal(2 * Samples, all.Probes[0].PerSample[ProbeObservation.Divergence].Length);
        Assert.InRange(all.Passes, 2, 5.9);
        Assert.True(ProbeMeter.PassesAlone(network.Model, groups.All) < groups.All.Count);
    }

    [Fact]
    public void Outputs_that_are_no_distribution_give_a_relative_error_only()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor dense = tensor(new[] { 1f, 3f, 1f, 3f }, [2, 2]), changed = tensor(new[] { 2f, 4f, 1f, 3f }, [2, 2]);
        ProbeReading reading = ProbeAnswer.Of(dense, distribution: false).Compare(changed);
        Assert.Equal([ProbeObservation.LogitError], reading.PerSample.Keys);
        Assert.Equal([1, 0], reading.PerSample[ProbeObservation.LogitError]);
    }

    [Fact]
    public void Answers_are_compared_by_divergence_centred_logits_and_entropy()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor dense = tensor(new[] { 0f, MathF.Log(3) }, [1, 2]), changed = tensor(new[] { 5f, 5f }, [1, 2]);
        ProbeReading reading = ProbeAnswer.Of(dense, distribution: true).Compare(changed);
        Assert.Equal((0.25 * Math.Log(0.5)) + (0.75 * Math.Log(1.5)), reading.Mean(ProbeObservation.Divergence), 1e-6);
        Assert.Equal(Math.Pow(Math.Log(3) / 2, 2), reading.Mean(ProbeObservation.LogitError), 1e-6);
        Assert.Equal(Math.Log(2) + (0.25 * Math.Log(0.25)) + (0.75 * Math.Log(0.75)), reading.Mean(ProbeObservation.EntropyIncrease), 1e-6);
        // Probabilities are taken as such.
        ProbeReading same = ProbeAnswer.Of(tensor(new[] { 0.25f, 0.75f }, [1, 2]), distribution: true).Compare(tensor(new[] { 0.5f, 0.5f }, [1, 2]));
        Assert.Equal(reading.Mean(ProbeObservation.Divergence), same.Mean(ProbeObservation.Divergence), 1e-6);
    }

    [Fact]
    public void Additivity_is_measured_at_the_widths_of_the_plan_and_prices_are_shared_out()
    {
        using Network network = new(TransformerStyle.Split);
        PrunePlan plan = new([.. network.Sites.Select((s, i) => new SitePlan(s, default, i == 0 ? s.Units : s.Units / 2))], default);
        AdditivitySettings settings = new() { Output = network.Output, Distribution = true };
        using AdditivityCheck check = new(network.Model, network.Graph, plan, network.Batches, network.Batches, settings, CancellationToken.None);
        AdditivityMeasurement measured = check.Measure(CancellationToken.None)!;
        int cut = network.Sites.Count - 1;
        Assert.Equal(cut, measured.Alone.Count);
        Assert.Equal([ProbeObservation.Divergence, ProbeObservation.LogitError, ProbeObservation.EntropyIncrease], measured.Observations.Select(o => o.Observation));
        Assert.All(measured.Observations, o => Assert.Equal(12, o.Points.Count));
        Assert.Equal(measured.All / measured.Alone.Sum(), measured.Observations[0].AllRatio, 1e-9);
        Assert.InRange(measured.Passes, 8, 2 + cut + 12);
        AdditivityMeasurement again = check.Measure(CancellationToken.None)!;
        Assert.Equal(measured.Alone, again.Alone);
        Assert.Equal(measured.Observations[0].Fit, again.Observations[0].Fit);

        PriceCurve[] curves = [.. network.Sites.Select(s => new PriceCurve([.. Enumerable.Range(0, s.Units + 1).Select(keep => 3.0 * (s.Units - keep))]))];
        (IReadOnlyList<PriceCurve> priced, double passes) = check.Reprice(measured, network.Sites, curves, CancellationToken.None);
        Assert.InRange(passes, 1, 1 + cut);
        double sum = network.Sites.Skip(1).Select((s, i) => priced[i + 1].Prices[s.Units / 2]).Sum();
        Assert.InRange(sum / measured.All, 0.5, 2);
        Assert.All(priced, c => Assert.All(Enumerable.Range(0, c.Prices.Count - 1), keep => Assert.True(c.Prices[keep] >= c.Prices[keep + 1])));
        // The site that is not cut is scaled into the unit of the others.
        Assert.Equal(sum / network.Sites.Skip(1).Sum(s => 3.0 * (s.Units - (s.Units / 2))), priced[0].Prices[0] / curves[0].Prices[0], 1e-6);
    }

    [Fact]
    public void A_site_without_units_is_its_branch_made_constant()
    {
        using Network network = new(TransformerStyle.Split);
        (PruneSite, int)[] none = [.. network.Sites.Select(s => (s, 0))];
        using Groups gone = new(ProbeGroups.Sites(network.Model, network.Graph, none, network.Batches, CancellationToken.None));
        using Groups gated = new(ProbeGroups.Units(network.Model, network.Graph, network.Sites, network.Batches, TransformerGraph.Hidden, CancellationToken.None));
        int site = network.Sites.ToList().FindIndex(s => s is FfnSite);
        int chunk = gated.All.ToList().FindIndex(g => g.Name.Contains("chunk", StringComparison.Ordinal));
        Assert.Equal(
            network.Measure(gated.All, [[chunk]]).Probes[0].Mean(ProbeObservation.Divergence),
            network.Measure(gone.All, [[site]]).Probes[0].Mean(ProbeObservation.Divergence), 1e-6);
        Assert.True(double.IsFinite(network.Measure(gone.All, [[.. Enumerable.Range(0, none.Length)]]).Probes[0].Mean(ProbeObservation.Divergence)));
    }

    [Fact]
    public void A_plan_that_cuts_too_few_sites_has_no_unions()
    {
        using Network network = new(TransformerStyle.Split);
        PrunePlan plan = new([.. network.Sites.Select((s, i) => new SitePlan(s, default, i < 3 ? s.Units / 2 : s.Units))], default);
        using AdditivityCheck check = new(network.Model, network.Graph, plan, network.Batches, network.Batches, new AdditivitySettings { Output = network.Output, Distribution = true }, CancellationToken.None);
        Assert.Null(check.Measure(CancellationToken.None));
    }

    private sealed class Groups(IReadOnlyList<ProbeGroup> all) : IDisposable
    {
        public IReadOnlyList<ProbeGroup> All => all;

        public void Dispose()
        {
            foreach (ProbeGroup group in all) group.Dispose();
        }
    }

    private sealed class Network : IDisposable
    {
        public Network(TransformerStyle style)
        {
            PruningRun run = new(TransformerGraph.Create(style));
            (Model, Sites) = (run.Model, run.Inventory.Sites);
            Graph = LoweredGraph.Create(Model);
            Batches = CalibrationBatches.Create(Model.Graph, [PruningRun.Inputs(Model, 1, Samples), PruningRun.Inputs(Model, 2, Samples)], 2 * Samples);
        }

        public OnnxModel Model { get; }

        public IReadOnlyList<PruneSite> Sites { get; }

        public LoweredGraph Graph { get; }

        public CalibrationBatches Batches { get; }

        public Value Output => Model.Graph.Outputs[0];

        public ProbeReadings Measure(IReadOnlyList<ProbeGroup> groups, IReadOnlyList<IReadOnlyList<int>> probes) =>
            ProbeMeter.Measure(Model, Graph, groups, probes, Batches, Output, distribution: true, CancellationToken.None);

        public void Dispose()
        {
            Batches.Dispose();
            Graph.Dispose();
        }
    }
}
