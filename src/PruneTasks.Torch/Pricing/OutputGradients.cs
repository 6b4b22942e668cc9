using System.Runtime.InteropServices;
using PruneTasks.Onnx;
using PruneTasks.Torch.Lowering;
using TorchSharp;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Pricing;

/// <summary>Gradients of drawn answers at values inside the network, for one batch.</summary>
internal sealed class OutputGradients : IDisposable
{
    // [point][draw]
    private readonly Dictionary<Value, Tensor[]> _gradients = [];
    // [point] → for each row (all axes but the last) the sample that it belongs to.
    private readonly Dictionary<Value, Tensor> _owners = [];
    private double _scale;

    private OutputGradients()
    {
    }

    /// <summary>Backward runs that it took.</summary>
    public int Runs { get; private set; }

    /// <summary>Computes them.</summary>
    /// <param name="network">The dense network.</param>
    /// <param name="inputs">One batch.</param>
    /// <param name="settings">Output, observation and number of draws.</param>
    /// <param name="points">Values whose gradients are wanted.</param>
    /// <param name="seed">Of the draws.</param>
    /// <exception cref="PriceGradientException">The gradient does not reach one of them, or an operator has none.</exception>
    public static OutputGradients Of(
        LoweredGraph network, IReadOnlyDictionary<Value, Tensor> inputs, PriceSettings settings, IReadOnlyList<Value> points, int seed)
    {
        using DisposeScope scope = NewDisposeScope();
        OutputGradients found = new();
        try
        {
            (IReadOnlyDictionary<Value, Tensor> at, Tensor output) = Forward(network, inputs, points, settings.Output);
            if (!output.requires_grad) throw new PriceGradientException($"no gradient flows from '{settings.Output.Values[0].Name}' to any site");
            DrawnAnswers answers = new(settings.Observation, output.detach(), seed);
            found._scale = answers.Scale / settings.Draws;
            Tensor[] cotangents = [.. Enumerable.Range(0, settings.Draws).Select(_ => answers.Draw())];
            Tensor[][] draws = [.. cotangents.Select(c => Backward(output, at, points, c))];
            found.Runs = draws.Length;
            long n = inputs.Values.First() is { ndim: > 0 } first ? first.shape[0] : 1;
            Tensor[]? weighted = null;
            if (n > 1 && output.ndim > 0 && output.shape[0] == n)
            {
                Tensor numbers = arange(1, n + 1, dtype: output.dtype).reshape([n, .. Enumerable.Repeat(1L, (int)output.ndim - 1)]);
                weighted = Backward(output, at, points, cotangents[0] * numbers);
                found.Runs++;
            }
            for (int i = 0; i < points.Count; i++)
            {
                found._gradients[points[i]] = [.. draws.Select(d => d[i].DetachFromDisposeScope())];
                found._owners[points[i]] = Owners(draws[0][i], weighted?[i], n).DetachFromDisposeScope();
            }
            return found;
        }
        catch (Exception e) when (e is ExternalException or LoweringException or PriceGradientException)
        {
            found.Dispose();
            throw e as PriceGradientException ?? new PriceGradientException(e.Message.Split('\n')[0], e);
        }
    }

    /// <summary>E[(Σ g·δ)²] in the unit of the observation, over samples and draws.</summary>
    /// <param name="points">Where.</param>
    /// <param name="changes">δ at each of <paramref name="points"/>.</param>
    public double Squares(IReadOnlyList<Value> points, IReadOnlyList<Tensor> changes)
    {
        using DisposeScope scope = NewDisposeScope();
        double sum = 0;
        for (int draw = 0; draw < _gradients[points[0]].Length; draw++)
        {
            Tensor total = zeros(points.Max(p => _owners[p].max().item<long>()) + 1, float64);
            for (int i = 0; i < points.Count; i++)
            {
                Tensor rows = Rows(_gradients[points[i]][draw].to(float64) * changes[i].to(float64)).sum(1);
                total.index_add_(0, _owners[points[i]], rows, 1);
            }
            sum += total.square().sum().item<double>();
        }
        return sum * _scale;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in _gradients.Values.SelectMany(g => g).Concat(_owners.Values)) tensor.Dispose();
    }

    /// <summary>
    /// Runs in pieces that end at the points: what a piece hands on is what the next one reads, so each point is a tensor on the way to the output
    /// (and not a copy of one beside it).
    /// </summary>
    private static (IReadOnlyDictionary<Value, Tensor> At, Tensor Output) Forward(
        LoweredGraph network, IReadOnlyDictionary<Value, Tensor> inputs, IReadOnlyList<Value> points, WatchedOutputs output)
    {
        Dictionary<Node, int> position = network.Graph.Nodes.Select((node, i) => (node, i)).ToDictionary(x => x.node, x => x.i);
        IReadOnlyDictionary<Value, Tensor> live = inputs;
        Dictionary<Value, Tensor> at = [];
        foreach (Value point in points.OrderBy(p => position[p.Producer!]))
        {
            using IDisposable mode = at.Count == 0 ? no_grad() : enable_grad();
            Value[] next = [.. network.LiveAt(position[point.Producer!]).Append(point).Distinct()];
            Dictionary<Value, Tensor> passed = next.Zip(network.Run(live, next)).ToDictionary(p => p.First, p => p.Second);
            // The first point, and those beside it that do not follow from it.
            if (!passed[point].requires_grad) passed[point] = passed[point].detach().requires_grad_(true);
            at[point] = passed[point];
            live = passed;
        }
        using (enable_grad()) return (at, output.Read(values => network.Run(live, values)));
    }

    private static Tensor[] Backward(Tensor output, IReadOnlyDictionary<Value, Tensor> at, IReadOnlyList<Value> points, Tensor cotangent)
    {
        IList<Tensor> gradients = autograd.grad([output], [.. points.Select(p => at[p])], [cotangent.to(output.dtype)], retain_graph: true, create_graph: false, allow_unused: true);
        for (int i = 0; i < points.Count; i++)
            if (gradients[i] is null || gradients[i].IsInvalid) throw new PriceGradientException($"no gradient flows from the output to '{points[i].Name}'");
        return [.. gradients];
    }

    /// <summary>
    /// With the answer of sample s weighted by s + 1, a gradient that belongs to sample s alone grows by that factor: so the rows of each sample are
    /// known wherever the graph puts them. Where samples mix, all rows count as one.
    /// </summary>
    private static Tensor Owners(Tensor gradient, Tensor? weighted, long samples)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor plain = Rows(gradient.to(float64)), none = zeros(plain.shape[0], int64);
        if (weighted is null) return none.MoveToOuterDisposeScope();
        Tensor size = plain.square().sum(1), ratio = (Rows(weighted.to(float64)) * plain).sum(1) / size.clamp_min(1e-300);
        Tensor counts = size > 1e-8 * size.max();
        Tensor owner = where(counts, ratio.round() - 1, zeros_like(ratio));
        bool apart = ((ratio - ratio.round()).abs() * counts).max().item<double>() < 0.1 && owner.min().item<double>() >= 0 && owner.max().item<double>() < samples;
        return (apart ? owner.to(int64) : none).MoveToOuterDisposeScope();
    }

    private static Tensor Rows(Tensor value) => value.ndim == 0 ? value.reshape(1, 1) : value.reshape(-1, value.shape[^1]);
}
