using System.CommandLine;
using System.Globalization;
using PruneTasks.Benchmarks.Quality;
using PruneTasks.BuildTesting;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Testing.Tokens;
using PruneTasks.Torch.Building;
using PruneTasks.Torch.Lowering;
using PruneTasks.Worker.Natives;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Benchmarks.Fused;

/// <summary>
/// Whole groups (a key and value head with its query heads) against the same share of the dimensions of all heads, at the same cost: a language model whose heads share keys.
/// </summary>
internal static class KeyGroupsBenchmark
{
    private const int Window = 128, Calibration = 256, Test = 64, Batch = 32;

    public static Command Create(TextWriter output)
    {
        Command command = new("key-groups", "Takes whole key and value groups, or as many dimensions of all heads, out of stories260K, and prints what each loses.");
        command.SetAction((_, cancellation) => Task.FromResult(Run(output, cancellation)));
        return command;
    }

    private static int Run(TextWriter output, CancellationToken cancellation)
    {
        string shared = Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared")), folder = Path.Combine(shared, "models", "stories260K");
        if (!Directory.Exists(shared))
        {
            Console.Error.WriteLine("not run: ../shared is absent");
            return 2;
        }
        WorkerNatives.UseTorch(null, 0);
        using var off = no_grad();
        OnnxModel model = OnnxReader.Load(File.ReadAllBytes(Path.Combine(folder, "stories260K_op17.onnx")));
        SitePreparation.Prepare(model);
        SitePreparation.GiveBiases(model.Graph, UnitFinder.Find(model, ShapeInference.Run(model, ShapeBinding.Default())));
        InferredShapes shapes = ShapeInference.Run(model, ShapeBinding.Default());
        PruneSite[] sites = [.. UnitFinder.Find(model, shapes).Sites.Where(s => s is ScoreGroupSite or ValueOutputSite)];
        string text = File.ReadAllText(Path.Combine(shared, "data", "tinyshakespeare", "input.txt"));
        StoriesTokenizer tokenizer = new(File.ReadAllBytes(Path.Combine(folder, "tok512.bin")));
        int cut = text.Length / 10 * 9;
        using LoweredGraph dense = LoweredGraph.Create(model);
        using CalibrationBatches batches = CalibrationBatches.Create(model.Graph, [.. Windows(text[..cut], Calibration)], Calibration);
        IReadOnlyList<TensorData>[] test = [.. Windows(text[cut..], Test)];
        MarkdownTable table = new(output, "of the attention", "what goes", "KL to dense", "perplexity");
        table.Add("0 %", "nothing", "0", Text(Compare(dense, dense, model.Graph, test).Perplexity));
        foreach (int groups in new[] { 1, 2 })
        {
            cancellation.ThrowIfCancellationRequested();
            using LoweredGraph whole = dense.Fork();
            int of = WithoutGroups(model, dense, whole, shapes, [.. sites.OfType<ValueOutputSite>()], groups, batches, cancellation);
            Add($"{groups} of {of} groups in each layer, those that the layer behind misses least", whole);
            PrunePlan plan = new([.. sites.Select(s => new SitePlan(s, default, s.Units * (of - groups) / of))], new Cost(1, 1, 1));
            BuildResult build = new SequentialBuilder(model, dense, shapes, new BuildSettings()).Build(plan, batches, cancellation);
            using LoweredGraph narrow = dense.Fork();
            foreach ((Value weight, TensorData data) in build.Weights)
            {
                using Tensor content = TorchTypes.ToTensor(data);
                narrow.SetWeight(weight, content);
            }
            Add("the same share of the frequency pairs and value dimensions of every head", narrow);

            void Add(string what, LoweredGraph network)
            {
                (double kl, double perplexity) = Compare(dense, network, model.Graph, test);
                table.Add($"{100 * groups / of} %", what, Text(kl), Text(perplexity));
            }
        }
        Runs(output, shared, cancellation);
        return 0;

        IEnumerable<IReadOnlyList<TensorData>> Windows(string from, int count)
        {
            for (int at = 0; at < count; at += Batch)
            {
                yield return [TensorData.Of([Batch, Window], [.. Enumerable.Range(at, Batch).SelectMany(i =>
                    tokenizer.Encode(from.Substring((int)((long)(from.Length - (6 * Window)) * i / count), 6 * Window)).Take(Window).Select(id => (long)id))])];
            }
        }

        static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
    }

    /// <summary>Whole runs of the worker, in which prices decide: groups offered, and not.</summary>
    private static void Runs(TextWriter output, string shared, CancellationToken cancellation)
    {
        string work = Path.Combine(Path.GetTempPath(), "prunetasks-quality");
        Directory.CreateDirectory(work);
        TrialRunner trials = new(work, int.MaxValue, cancellation);
        Subject stories = new Subjects(shared, work).Others().Single(s => s.IsLanguage);
        output.WriteLine();
        MarkdownTable table = new(output, "MACs", "groups", "seed", "KL of the next token", "agreement", "perplexity", "MACs left", "seconds");
        foreach (double macs in new[] { 0.7, 0.5 })
        {
            foreach (int seed in new[] { 42, 1, 2 })
            {
                foreach (bool offered in new[] { false, true })
                {
                    Figures f = trials.Run(new Trial(stories, seed, string.Create(CultureInfo.InvariantCulture, $"budget: {{ macs: {macs} }}\nmodules: {(offered ? "true" : "false")}")));
                    table.Add($"−{100 * (1 - macs):F0} %", offered ? "offered" : "not offered", $"{seed}", f.Kl.ToString("0.000", CultureInfo.InvariantCulture), f.Agreement.ToString("P1", CultureInfo.InvariantCulture),
                        f.Perplexity.ToString("0.0", CultureInfo.InvariantCulture), f.Macs.ToString("P1", CultureInfo.InvariantCulture), f.Seconds.ToString("0", CultureInfo.InvariantCulture));
                }
            }
        }
    }

    /// <summary>In every layer, from the first, the groups whose absence leaves the least error once the layer behind the heads is refitted; how many groups a layer has.</summary>
    private static int WithoutGroups(
        OnnxModel model, LoweredGraph dense, LoweredGraph network, InferredShapes shapes, ValueOutputSite[] sites, int groups, CalibrationBatches batches, CancellationToken cancellation)
    {
        Dictionary<Node, int> position = model.Graph.Nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
        RefitContext context = new BuildSettings().ContextFor(batches.EffectiveSamples(), batches.Batches.Count, dense);
        BuildStep[] steps = [.. sites.Select(s => new BuildStep(position[s.Output.Layer.Node], [new SitePlan(s, default, s.Units)]))];
        new LayerSweep(dense, network, batches).Run(steps, step => new GroupWork((ValueOutputSite)step.Sites[0].Site, shapes, context, dense, groups), cancellation);
        return sites[0].Output.Groups.Count;
    }

    private static (double Kl, double Perplexity) Compare(LoweredGraph dense, LoweredGraph other, Graph graph, IReadOnlyList<TensorData>[] test)
    {
        double kl = 0, loss = 0;
        foreach (IReadOnlyList<TensorData> batch in test)
        {
            using DisposeScope scope = NewDisposeScope();
            Dictionary<Value, Tensor> inputs = new() { [graph.Inputs[0]] = TorchTypes.ToTensor(batch[0]) };
            Tensor p = dense.Run(inputs, [graph.Outputs[0]])[0].to(float64).log_softmax(-1), q = other.Run(inputs, [graph.Outputs[0]])[0].to(float64).log_softmax(-1);
            kl += (p.exp() * (p - q)).sum(-1).mean().item<double>() / test.Length;
            Tensor next = inputs[graph.Inputs[0]].narrow(1, 1, Window - 1).unsqueeze(-1);
            loss -= q.narrow(1, 0, Window - 1).gather(2, next).mean().item<double>() / test.Length;
        }
        return (kl, Math.Exp(loss));
    }

    private sealed class GroupWork(ValueOutputSite site, InferredShapes shapes, RefitContext context, LoweredGraph anchor, int groups) : LayerWork
    {
        private readonly RefitTarget _target = RefitTarget.Of(site.Output.Layer, shapes);

        public override Value[] Targets => [.. _target.Dense];

        public override void Do(ActivationStream pruned, Func<int, Value[], IReadOnlyList<Tensor>> dense)
        {
            using Refit refit = LayerCompression.Gather(_target, context, pruned, dense);
            HashSet<int> gone = [];
            for (int i = 0; i < groups; i++)
                gone.Add(Enumerable.Range(0, site.Output.Groups.Count).Where(g => !gone.Contains(g)).MinBy(g => refit.Solve(pruned.Graph, Rows([.. gone, g]), anchor)));
            refit.Solve(pruned.Graph, Rows(gone), anchor);
        }

        private int[] Rows(IReadOnlyCollection<int> without) =>
            [.. site.Output.Groups.Where((_, g) => !without.Contains(g)).SelectMany(heads => heads.SelectMany(h => site.Output.Rows[h])).Order()];

        public override void Dispose()
        {
        }
    }
}
