using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Spec;

namespace PruneTasks.Worker.Inputs;

/// <summary>The caches of a decoder, found in its graph alone: what <c>inspect</c> and <c>new-spec</c> know of a model before there is a spec.</summary>
internal static class DecoderCaches
{
    /// <summary>A copy of the model without the caches that pruning leaves out too.</summary>
    /// <param name="file">The model.</param>
    /// <returns>The copy, and what was left out; <see langword="null"/> for nothing.</returns>
    public static (OnnxModel Model, DecoderStates? States) LeaveOut(ModelFile file)
    {
        OnnxModel copy = file.Reload();
        return (copy, DecoderStates.Take(copy, file.Model, Find(file), operators: true));
    }

    private static IEnumerable<StateName> Find(ModelFile file)
    {
        try
        {
            using var stream = new MemoryStream(file.Bytes, writable: false);
            return [.. ModelReading.Read(stream, ModelTask.CausalLanguageModel).States.Select(s => new StateName(s.Past, s.Present, s.Axis))];
        }
        catch (Spec.Onnx.OnnxFormatException)
        {
            // Inputs or outputs of a kind that no spec can name; the model itself has been read.
            return [];
        }
    }
}
