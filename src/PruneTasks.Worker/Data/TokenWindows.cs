using PruneTasks.Onnx;

namespace PruneTasks.Worker.Data;

/// <summary>
/// Label-free views of texts: contiguous windows of a few lengths, where the model takes sequences of any length. A first token that all samples share (start of
/// text, class token) stays the first of each window.
/// </summary>
internal static class TokenWindows
{
    /// <summary>A shorter text has no windows worth the name.</summary>
    private const int LeastTokens = 16;

    /// <summary>Most views of one text.</summary>
    private const int PerText = 8;

    /// <summary>Lengths, as shares of the sample's. Few, so that windows of one length fill batches.</summary>
    private static readonly double[] Shares = [0.75, 0.5];

    /// <summary>All inputs are integers [batch, tokens], and the number of tokens is open.</summary>
    public static bool Fits(CalibrationSet set) =>
        set.Inputs.Count > 0
        && set.Inputs.All(input => input is { Type: ElementType.Int64 or ElementType.Int32, Shape: null or { Count: 2 } } && (input.Shape is null || input.Shape[1].Size is null))
        && set.Samples.All(sample => sample.Inputs.All(tensor => tensor.Shape.Count == 2 && tensor.Shape[0] == 1 && tensor.Shape[1] == sample.Inputs[0].Shape[1]));

    /// <summary>The samples, and after them windows of the first <paramref name="cut"/> of them in turn, longer ones first.</summary>
    /// <returns><paramref name="set"/> itself where nothing is to be added.</returns>
    public static CalibrationSet Expand(CalibrationSet set, int cut, int target, int seed)
    {
        Sample[] sources = Fits(set) ? [.. set.Samples.Take(cut).Where(sample => sample.Inputs[0].Shape[1] >= LeastTokens)] : [];
        int wanted = (int)Math.Min(target - set.Count, sources.Length * (PerText - 1L));
        if (wanted <= 0) return set;
        Random random = new(seed);
        int keep = set.Samples.Select(sample => First(sample)).Distinct().Count() == 1 && set.Count > 1 ? 1 : 0;
        List<(int Length, Sample View)> views = [];
        for (int i = 0; i < wanted; i++)
        {
            Sample source = sources[i % sources.Length];
            int tokens = (int)source.Inputs[0].Shape[1], round = i / sources.Length;
            int length = Math.Max(LeastTokens / 2, (int)(Shares[round % Shares.Length] * tokens));
            int start = keep + random.Next(tokens - length + 1);
            int[] places = [.. Enumerable.Range(0, keep), .. Enumerable.Range(start, length - keep)];
            views.Add((length, source with { IsView = true, Source = $"{source.Source}#{round + 1}", Inputs = [.. source.Inputs.Select(tensor => At(tensor, places))] }));
        }
        return new CalibrationSet(set.Inputs, [.. set.Samples, .. views.OrderByDescending(view => view.Length).Select(view => view.View)]);
    }

    private static long First(Sample sample) => sample.Inputs[0].ToInt64s()[0];

    private static TensorData At(TensorData tensor, int[] places)
    {
        int size = TensorData.SizeOf(tensor.Type)!.Value;
        var bytes = new byte[places.Length * size];
        for (int i = 0; i < places.Length; i++) tensor.Bytes.Span.Slice(places[i] * size, size).CopyTo(bytes.AsSpan(i * size));
        return new TensorData(tensor.Type, [1, places.Length], bytes);
    }
}
