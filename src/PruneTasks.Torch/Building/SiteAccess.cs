using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Lowering;

namespace PruneTasks.Torch.Building;

/// <summary>What the build needs to know of each kind of site.</summary>
internal static class SiteAccess
{
    /// <summary>Linear layers whose output columns become fewer; of a feed-forward or attention site.</summary>
    public static IReadOnlyList<LinearView> Producers(PruneSite site) => site switch
    {
        FfnSite ffn => ffn.Producers,
        QueryKeySite s => [s.Query.Layer, s.Key.Layer],
        ScoreGroupSite g => [g.Query.Layer, g.Key.Layer],
        ValueOutputSite { Attention: var a } => [a.Value.Layer],
        _ => throw new ArgumentOutOfRangeException(nameof(site)),
    };

    /// <summary>Nodes that get new weights when the site is compressed, with these weights.</summary>
    public static IEnumerable<(Node Node, IEnumerable<Value> Weights)> Changed(PruneSite site) => site switch
    {
        FfnSite ffn => ffn.Consumers.Select(Layer),
        QueryKeySite or ScoreGroupSite => Producers(site).Select(Layer),
        ValueOutputSite { Attention: var a, Output: var output } => [Layer(a.Value.Layer), Layer(output.Layer)],
        ChannelSite channels => channels.Consumers.Select(end => (end.Node, ConsumerLayer.Of(end)?.Weights ?? [end.Weight])),
        _ => throw new ArgumentOutOfRangeException(nameof(site)),
    };

    /// <summary>Initializers that get another content when the site is compressed.</summary>
    public static IEnumerable<Value> Weights(PruneSite site) => Changed(site).SelectMany(c => c.Weights).Distinct();

    /// <summary>The attention layer that the site belongs to, or <see langword="null"/>.</summary>
    public static AttentionLayer? Attention(PruneSite site) => site switch
    {
        QueryKeySite s => s.Attention,
        ValueOutputSite s => s.Attention,
        _ => null,
    };

    /// <summary>Closed-form compression of the site.</summary>
    /// <param name="site">The site.</param>
    /// <param name="shapes">To find residual sums; <see langword="null"/> to aim at the layers' own outputs.</param>
    /// <param name="context">What refits share.</param>
    /// <param name="live">Units that are still there, ascending; all by default. The compression counts these only, from 0.</param>
    /// <param name="anchor">Holds the weights that refits pull to; by default the network that is compressed.</param>
    /// <param name="limits">What statistics of channels may cost; by default as much as in the build.</param>
    public static SiteCompression Compression(
        PruneSite site, InferredShapes? shapes, RefitContext context, IReadOnlyList<int>? live = null, LoweredGraph? anchor = null, ChannelLimits? limits = null) => site switch
    {
        ChannelSite channels when live is null || live.Count == channels.Units => new ChannelCompression(channels, shapes, context, channels.Kind == UnitKind.KeyGroup ? ChannelLimits.Heads : limits ?? ChannelLimits.Build),
        FfnSite ffn => new FfnCompression([.. ffn.Consumers.Select(c => shapes is null ? new RefitTarget(c, null) : RefitTarget.Of(c, shapes))], context, live) { Anchor = anchor },
        ScoreGroupSite g when live is null || live.Count == g.Units => new ScoreGroupCompression(g, context),
        QueryKeySite s => live is null ? new QueryKeyCompression(s.Query, s.Key) : new QueryKeyCompression(Only(s.Query, live), Only(s.Key, live)),
        ValueOutputSite s => new ValueOutputCompression(live is null ? s.Attention : s.Attention with
        {
            Value = Only(s.Attention.Value, live),
            Output = s.Output with { Rows = Only(s.Output.Rows, live) },
        }),
        _ => throw new ArgumentOutOfRangeException(nameof(site)),
    };

    private static (Node, IEnumerable<Value>) Layer(LinearView layer) => (layer.Node, LayerWeights.Of(layer));

    private static HeadProjection Only(HeadProjection projection, IReadOnlyList<int> live) => projection with { Columns = Only(projection.Columns, live) };

    private static IReadOnlyList<IReadOnlyList<int>> Only(IReadOnlyList<IReadOnlyList<int>> heads, IReadOnlyList<int> live) => [.. heads.Select(head => (IReadOnlyList<int>)[.. live.Select(unit => head[unit])])];
}
