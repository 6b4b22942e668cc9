using System.Runtime.InteropServices;
using PruneTasks.Onnx;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Evaluation;

/// <summary>Where a language model's input tells the next tokens, so that no labels are needed for perplexity.</summary>
/// <param name="Ids">Index of the input with token numbers.</param>
/// <param name="Mask">Index of the attention mask (0: padding), or null.</param>
internal sealed record NextTokens(int Ids, int? Mask)
{
    /// <summary>Finds the inputs; null if no input holds integers.</summary>
    public static NextTokens? Find(IReadOnlyList<ModelInput> inputs)
    {
        int[] integers = [.. Enumerable.Range(0, inputs.Count).Where(i => inputs[i].Type is ElementType.Int64 or ElementType.Int32)];
        int[] named = [.. integers.Where(i => inputs[i].Name.EndsWith("ids", StringComparison.OrdinalIgnoreCase) || inputs[i].Name.EndsWith("tokens", StringComparison.OrdinalIgnoreCase))];
        int[] masks = [.. integers.Where(i => inputs[i].Name.Contains("mask", StringComparison.OrdinalIgnoreCase))];
        int[] candidates = named.Length > 0 ? named : [.. integers.Except(masks)];
        // Segment and position numbers are integers too, but never come first.
        return candidates.Length == 0 ? null : new NextTokens(candidates[0], masks.Length == 0 ? null : masks[0]);
    }

    /// <summary>For each of <paramref name="count"/> rows of a sample the token that comes next; null where there is none, or padding.</summary>
    /// <returns>Null if the rows are not one per token.</returns>
    public long?[]? After(Sample sample, int count)
    {
        if (Numbers(sample.Inputs[Ids]) is not { } ids || ids.Length != count) return null;
        long[]? mask = Mask is { } at ? Numbers(sample.Inputs[at]) : null;
        return [.. Enumerable.Range(0, count).Select(t => t + 1 < count && (mask is null || mask.Length != count || mask[t + 1] != 0) ? ids[t + 1] : (long?)null)];
    }

    private static long[]? Numbers(TensorData tensor) => tensor.Type switch
    {
        ElementType.Int64 => MemoryMarshal.Cast<byte, long>(tensor.Bytes.Span).ToArray(),
        ElementType.Int32 => [.. MemoryMarshal.Cast<byte, int>(tensor.Bytes.Span).ToArray().Select(i => (long)i)],
        _ => null,
    };
}
