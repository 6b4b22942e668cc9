using PruneTasks.Onnx;

namespace PruneTasks.Worker.Data;

/// <summary>Puts samples together along the first axis.</summary>
internal static class Batching
{
    /// <summary>
    /// Cuts samples into runs of at most <paramref name="size"/>, in order. A run ends early where a shape or the weight changes; runs have one
    /// sample where an input has a fixed first axis.
    /// </summary>
    public static IEnumerable<IReadOnlyList<Sample>> Split(IReadOnlyList<ModelInput> inputs, IEnumerable<Sample> samples, int size)
    {
        int limit = inputs.All(input => input.HasFreeBatch) ? Math.Max(1, size) : 1;
        List<Sample> run = [];
        foreach (Sample sample in samples)
        {
            if (run.Count == limit || (run.Count > 0 && (run[0].Weight != sample.Weight || !SameShapes(run[0], sample))))
            {
                yield return run;
                run = [];
            }
            run.Add(sample);
        }
        if (run.Count > 0) yield return run;
    }

    /// <summary>The inputs of one run: each the samples' tensors one after the other along axis 0, in the order of the model's inputs.</summary>
    /// <exception cref="ArgumentException">No sample, or shapes that differ.</exception>
    public static IReadOnlyList<TensorData> Join(IReadOnlyList<Sample> run)
    {
        if (run.Count == 0) throw new ArgumentException("no sample", nameof(run));
        if (run.Count == 1) return run[0].Inputs;
        if (run.Any(sample => !SameShapes(run[0], sample))) throw new ArgumentException("shapes differ", nameof(run));
        return [.. Enumerable.Range(0, run[0].Inputs.Count).Select(i => Join([.. run.Select(sample => sample.Inputs[i])]))];
    }

    private static TensorData Join(TensorData[] tensors)
    {
        TensorData first = tensors[0];
        var bytes = new byte[checked(first.Bytes.Length * tensors.Length)];
        for (int i = 0; i < tensors.Length; i++) tensors[i].Bytes.CopyTo(bytes.AsMemory(i * first.Bytes.Length));
        return new TensorData(first.Type, [first.Shape[0] * tensors.Length, .. first.Shape.Skip(1)], bytes);
    }

    private static bool SameShapes(Sample a, Sample b)
    {
        for (int i = 0; i < a.Inputs.Count; i++)
        {
            if (!a.Inputs[i].Shape.SequenceEqual(b.Inputs[i].Shape)) return false;
        }
        return true;
    }
}
