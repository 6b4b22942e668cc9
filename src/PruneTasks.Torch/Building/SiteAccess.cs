using PruneTasks.Onnx;
using PruneTasks.Pruning;

namespace PruneTasks.Torch.Building;

/// <summary>What the build needs to know of each kind of site.</summary>
internal static class SiteAccess
{
    /// <summary>Linear layers whose output columns become fewer.</summary>
    public static IReadOnlyList<LinearView> Producers(PruneSite site) => site switch
    {
        FfnSite ffn => ffn.Producers,
        QueryKeySite { Attention: var a } => [a.Query.Layer, a.Key.Layer],
        ValueOutputSite { Attention: var a } => [a.Value.Layer],
        _ => throw new ArgumentOutOfRangeException(nameof(site)),
    };

    /// <summary>Layers that get new weights when the site is compressed.</summary>
    public static IEnumerable<LinearView> Changed(PruneSite site) => site switch
    {
        FfnSite ffn => ffn.Consumers,
        QueryKeySite => Producers(site),
        ValueOutputSite { Attention: var a } => [a.Value.Layer, a.Output!.Layer],
        _ => throw new ArgumentOutOfRangeException(nameof(site)),
    };

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
    public static SiteCompression Compression(PruneSite site, InferredShapes? shapes, RefitContext context) => site switch
    {
        FfnSite ffn => new FfnCompression([.. ffn.Consumers.Select(c => shapes is null ? new RefitTarget(c, null) : RefitTarget.Of(c, shapes))], context),
        QueryKeySite s => new QueryKeyCompression(s.Attention),
        ValueOutputSite s => new ValueOutputCompression(s.Attention),
        _ => throw new ArgumentOutOfRangeException(nameof(site)),
    };
}
